/** What a whole answer, which is no stream, tells of its content and its end, in the shape of each API's reference. */

import t from 'tap'
import { LlmDocument } from '../../../../src/workers/layers/llm/llm-document.ts'

function read(answer: unknown): { api: string | undefined; hasContent: boolean; stopReason: string; status: string } {
  let told: ReturnType<typeof read> | undefined
  const document = new LlmDocument(({ api, hasContent, stopReason, status }) => {
    told = { api, hasContent, stopReason, status }
  })
  document.execute(Buffer.from(JSON.stringify(answer)))
  return told as ReturnType<typeof read>
}

const anthropic = (...content: unknown[]) => ({ id: 'm', type: 'message', model: 'c', content, stop_reason: 'end_turn' })
const chat = (message: unknown) => ({ id: 'c', object: 'chat.completion', choices: [{ message, finish_reason: 'stop' }] })
const responses = (...output: unknown[]) => ({ id: 'r', object: 'response', status: 'completed', incomplete_details: null, output })
const gemini = (...parts: unknown[]) => ({ candidates: [{ content: { parts }, finishReason: 'STOP' }] })

t.test('whole answers carry content whichever the API', async (t) => {
  const call = { name: 'look_up', arguments: '{}' }
  const answers: [string, unknown, unknown][] = [
    ['text (Anthropic)', anthropic({ type: 'text', text: 'Hi' }), anthropic()],
    ['thinking (Anthropic)', anthropic({ type: 'thinking', thinking: 'hm' }), anthropic({ type: 'thinking', thinking: '' })],
    ['tool_use (Anthropic)', anthropic({ type: 'tool_use', name: 'look_up', input: {} }), anthropic({ type: 'text', text: '' })],
    ['text (Chat)', chat({ content: 'Hi' }), chat({ content: '' })],
    ['refusal (Chat)', chat({ content: null, refusal: 'No' }), chat({ content: null, refusal: null })],
    ['tool call (Chat)', chat({ content: null, tool_calls: [{ function: call }] }), chat({ content: null, tool_calls: [] })],
    ['text (Responses)', responses({ content: [{ type: 'output_text', text: 'Hi' }] }), responses({ content: [] })],
    ['refusal (Responses)', responses({ content: [{ type: 'refusal', refusal: 'No' }] }), responses()],
    ['tool call (Responses)', responses({ type: 'function_call', ...call }), responses({ type: 'reasoning', summary: [] })],
    ['text (Gemini)', gemini({ text: 'Hi' }), gemini({ text: '' })],
    ['tool call (Gemini)', gemini({ functionCall: { name: 'look_up', args: {} } }), gemini()],
  ]
  for (const [what, full, empty] of answers) {
    t.equal(read(full).hasContent, true, what)
    t.equal(read(empty).hasContent, false, `${what}: none`)
    t.equal(read(full).api, read(empty).api)
  }
})

t.test('what a tool is called with is no part of the answer’s own fields', async (t) => {
  const input = { type: 'error', stop_reason: 'no', text: 'x', incomplete_details: { reason: 'no' } }
  t.match(read(anthropic({ type: 'tool_use', name: 'f', input })), { api: 'anthropic_messages', stopReason: 'end_turn' })
})

t.test('why a response is incomplete', async (t) => {
  const cut = { ...responses(), status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } }
  t.match(read(cut), { api: 'openai_responses', stopReason: 'max_output_tokens', status: 'incomplete' })
  t.match(read(responses()), { stopReason: '', status: 'completed' })
})
