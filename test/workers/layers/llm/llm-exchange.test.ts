/**
 * What an exchange with each LLM API tells of model, usage and end, as a document and as a stream, made up and recorded.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { EventStreamParser } from '../../../../src/workers/layers/event-stream/event-stream-parser.ts'
import { mediaType } from '../../../../src/workers/layers/http/media-type.ts'
import { LlmExchange } from '../../../../src/workers/layers/llm/llm-exchange.ts'
import type { LlmFacts, LlmHandler } from '../../../../src/workers/layers/llm/llm-facts.ts'
import { corpus, fixture, NO_CORPORA } from '../../../support/corpora/corpora.ts'

class Recorder implements LlmHandler {
  readonly calls: unknown[][] = []
  facts: LlmFacts | undefined
  onLlmRecognized(facts: LlmFacts): void {
    this.calls.push(['recognized', facts.api, facts.evidence])
  }
  onLlmFirstContent(facts: LlmFacts): void {
    this.calls.push(['first', facts.ttftMs])
  }
  onLlmError(facts: LlmFacts, inStream: boolean): void {
    this.calls.push(['error', facts.error?.type, inStream])
  }
  onLlmEnd(facts: LlmFacts): void {
    this.calls.push(['end'])
    this.facts = facts
  }
}

interface Given {
  method?: string
  target?: string
  request?: unknown
  /** The request, which was compressed, is read behind the answer. */
  late?: boolean
  status?: number
  type?: string
  body: Uint8Array | string
  chunkBytes?: number
}

/** Runs an exchange: asked at 100, and the clock advances by 10 with every event. */
function run(given: Given): Recorder {
  const recorder = new Recorder()
  const exchange = new LlmExchange(recorder, given.method ?? 'POST', given.target ?? '/unknown', 'application/json', 0)
  const read = () => {
    exchange.requestBody(Buffer.from(JSON.stringify(given.request ?? { model: 'asked', messages: [], stream: true })))
    exchange.requestEnd()
  }
  exchange.requestSent(100)
  if (given.late !== true) read()
  const type = mediaType(given.type ?? 'text/event-stream')
  exchange.responseHead(given.status ?? 200, type)
  let now = 100
  const parser = new EventStreamParser({
    onEvent: (event) => {
      now += 10
      exchange.responseEvent(event, now)
    },
    onIncompleteEvent() {},
  })
  const body = Buffer.from(given.body as string)
  const size = given.chunkBytes ?? body.length
  for (let at = 0; at < body.length; at += size) {
    const chunk = body.subarray(at, at + size)
    if (type === 'text/event-stream') parser.execute(chunk)
    else exchange.responseBody(chunk, 150)
  }
  if (given.late === true) read()
  exchange.end()
  exchange.end()
  return recorder
}

const sse = (...documents: unknown[]) => documents.map((d) => `data: ${typeof d === 'string' ? d : JSON.stringify(d)}\n\n`).join('')

const anthropic = sse(
  {
    type: 'message_start',
    message: {
      id: 'msg_1',
      type: 'message',
      model: 'claude-x',
      usage: { input_tokens: 12, cache_read_input_tokens: 3, cache_creation_input_tokens: 4, output_tokens: 1 },
    },
  },
  { type: 'ping' },
  { type: 'content_block_delta', delta: { type: 'text_delta', text: 'Hi' } },
  { type: 'content_block_delta', delta: { type: 'input_json_delta', partial_json: '' } },
  { type: 'content_block_delta', delta: { type: 'thinking_delta', thinking: 'hm' } },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 9 } },
  { type: 'message_stop' },
)

t.test('Anthropic Messages', async (t) => {
  t.equal(run({ request: { a: 1 }, late: true, body: anthropic }).facts, undefined, 'nobody asked a model')
  for (const [target, late] of [['/v1/messages'], ['/gateway'], ['/v1/messages', true], ['/gateway', true]] as const) {
    const { calls, facts } = run({ target, late: late === true, body: anthropic })
    t.match(calls, [['recognized', 'anthropic_messages', target === '/gateway' ? 'shape' : 'path'], ['first', 30], ['end']])
    t.match(facts, {
      requestedModel: 'asked',
      model: 'claude-x',
      responseId: 'msg_1',
      stream: true,
      streamed: true,
      stopReason: 'end_turn',
      complete: true,
      events: 7,
      contentEvents: 2,
      gapMaxMs: 20,
      gapMeanMs: 20,
      usage: { input: 12, output: 9, cached: 3, cacheWritten: 4, reasoning: -1, total: -1 },
    })
  }
  const error = sse(
    { type: 'message_start', message: { model: 'm', usage: {} } },
    { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
  )
  const { calls, facts } = run({ target: '/v1/messages', body: error })
  t.match(calls, [['recognized'], ['error', 'overloaded_error', true], ['end']])
  t.match(facts, { complete: false, error: { message: 'Overloaded' }, status: 200 })
  const refused = run({
    target: '/v1/messages',
    status: 529,
    type: 'application/json',
    body: JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'x' }, request_id: 'r' }),
  })
  t.match(refused.calls, [['recognized'], ['error', 'overloaded_error', false], ['end']])
  const whole = JSON.stringify({
    id: 'msg_2',
    type: 'message',
    model: 'claude-y',
    content: [{ type: 'text', text: 'x' }],
    stop_reason: 'max_tokens',
    usage: { input_tokens: 1, output_tokens: 2 },
  })
  t.match(run({ target: '/v1/messages', type: 'application/json', body: whole }).facts, {
    model: 'claude-y',
    responseId: 'msg_2',
    stopReason: 'max_tokens',
    complete: true,
    streamed: false,
    usage: { input: 1, output: 2 },
  })
})

t.test('OpenAI Chat Completions', async (t) => {
  const chunk = (delta: object, finish: string | null = null) => ({
    id: 'c1',
    object: 'chat.completion.chunk',
    model: 'gpt-x',
    choices: [{ index: 0, delta, finish_reason: finish }],
    usage: null,
  })
  const body = sse(
    chunk({ role: 'assistant', content: '' }),
    chunk({ content: 'Hi' }),
    chunk({ tool_calls: [{ function: { arguments: '{' } }] }),
    chunk({}, 'stop'),
    {
      id: 'c1',
      object: 'chat.completion.chunk',
      choices: [],
      usage: {
        prompt_tokens: 5,
        completion_tokens: 6,
        total_tokens: 11,
        prompt_tokens_details: { cached_tokens: 2 },
        completion_tokens_details: { reasoning_tokens: 1 },
      },
    },
    '[DONE]',
  )
  for (const target of ['/v1/chat/completions', '/other']) {
    t.match(run({ target, body }).facts, {
      api: 'openai_chat',
      model: 'gpt-x',
      responseId: 'c1',
      stopReason: 'stop',
      complete: true,
      contentEvents: 2,
      ttftMs: 20,
      usage: { input: 5, output: 6, total: 11, cached: 2, reasoning: 1 },
    })
  }
  t.match(
    run({ target: '/v1/chat/completions', body: sse({ error: { message: 'm', type: null, code: 'context_length_exceeded' } }) }).calls[1],
    ['error', 'context_length_exceeded', true],
  )
  const refusal = JSON.stringify({ error: { message: 'm', type: 'invalid_request_error', code: 'x' } })
  t.match(run({ target: '/v1/chat/completions', status: 400, type: 'application/json', body: refusal }).calls[1], [
    'error',
    'invalid_request_error',
    false,
  ])
})

t.test('OpenAI Responses', async (t) => {
  const body = sse(
    {
      type: 'response.created',
      response: { id: 'r1', object: 'response', status: 'in_progress', model: 'gpt-y', usage: null, error: null },
    },
    { type: 'response.output_text.delta', delta: 'Hi' },
    {
      type: 'response.completed',
      response: {
        id: 'r1',
        status: 'completed',
        model: 'gpt-y',
        usage: {
          input_tokens: 1,
          input_tokens_details: { cached_tokens: 0 },
          output_tokens: 2,
          output_tokens_details: { reasoning_tokens: 1 },
          total_tokens: 3,
        },
      },
    },
  )
  for (const target of ['/v1/responses', '/other'])
    t.match(run({ target, body }).facts, {
      api: 'openai_responses',
      model: 'gpt-y',
      responseId: 'r1',
      complete: true,
      contentEvents: 1,
      usage: { input: 1, output: 2, cached: 0, reasoning: 1, total: 3 },
    })
  t.match(run({ target: '/v1/responses', body }).facts, { stopReason: 'completed' }, 'a status of the response itself')
  const incomplete = sse({
    type: 'response.incomplete',
    response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
  })
  t.match(run({ target: '/v1/responses', body: incomplete }).facts, { stopReason: 'max_output_tokens', complete: true })
  const failed = sse({ type: 'response.failed', response: { status: 'failed', error: { code: 'server_error', message: 'm' } } })
  t.match(run({ target: '/v1/responses', body: failed }), {
    calls: [['recognized'], ['error', 'server_error', true], ['end']],
    facts: { stopReason: 'failed' },
  })
  t.match(run({ target: '/v1/responses', body: sse({ type: 'error', code: 'rate_limit', message: 'm' }) }).calls[1], [
    'error',
    'rate_limit',
    true,
  ])
})

t.test('Gemini: events, an array, a document', async (t) => {
  const first = {
    candidates: [{ content: { parts: [{ text: 'Hi' }] } }],
    usageMetadata: { promptTokenCount: 4, totalTokenCount: 4 },
    modelVersion: 'gemini-z',
    responseId: 'g1',
  }
  const last = {
    candidates: [{ content: { parts: [{ text: '!' }] }, finishReason: 'STOP' }],
    usageMetadata: { promptTokenCount: 4, candidatesTokenCount: 2, thoughtsTokenCount: 7, totalTokenCount: 13, cachedContentTokenCount: 1 },
    modelVersion: 'gemini-z',
  }
  const expected = {
    api: 'gemini',
    requestedModel: 'gemini-q',
    model: 'gemini-z',
    responseId: 'g1',
    stopReason: 'STOP',
    complete: true,
    contentEvents: 2,
    usage: { input: 4, output: 2, reasoning: 7, total: 13, cached: 1 },
  }
  const target = '/v1beta/models/gemini-q:streamGenerateContent'
  const request = { contents: [] }
  t.match(run({ target: `${target}?alt=sse`, request, body: sse(first, last) }).facts, expected)
  t.match(run({ target, request, type: 'application/json', body: JSON.stringify([first, last]) }).facts, {
    ...expected,
    streamed: false,
    stream: true,
  })
  t.match(run({ target, request, type: 'application/json', body: JSON.stringify(last), chunkBytes: 7 }).facts, {
    stopReason: 'STOP',
    usage: { output: 2 },
  })
  t.match(
    run({
      target,
      request,
      status: 429,
      type: 'application/json',
      body: JSON.stringify({ error: { code: 429, message: 'm', status: 'RESOURCE_EXHAUSTED' } }),
    }).calls[1],
    ['error', 'RESOURCE_EXHAUSTED', false],
  )
})

t.test('what is no LLM call says nothing', async (t) => {
  t.same(run({ request: { query: 'x' }, body: anthropic }).calls, [], 'no shape of a request')
  t.same(run({ body: sse({ tick: 1 }, { tick: 2 }) }).calls, [])
  t.same(run({ body: sse({}, {}, {}, {}, { type: 'message_start', message: {} }) }).calls, [], 'the shape shows too late')
  t.same(run({ type: 'text/html', body: '<html>' }).calls, [])
  t.same(run({ method: 'GET', body: anthropic }).calls, [])
  t.same(run({ type: 'application/json', body: 'not json' }).calls, [])
})

t.test('property: any events, any splits: no throw, the same facts', async (t) => {
  const member = fc.constantFrom(
    '"type":"error"',
    '"error":{"type":"x"}',
    '"error":"text"',
    '"usage":{"input_tokens":1}',
    '"choices":[{"delta":{"content":"a"}}]',
    '"candidates":[]',
    '"object":"response"',
    '{',
    ']',
  )
  const event = fc.array(member, { maxLength: 4 }).map((members) => `data: {${members.join(',')}}\n\n`)
  fc.assert(
    fc.property(
      fc.array(event, { maxLength: 6 }),
      fc.integer({ min: 1, max: 40 }),
      fc.constantFrom('/v1/messages', '/v1/chat/completions', '/x'),
      (events, chunkBytes, target) => {
        const body = events.join('')
        return JSON.stringify(run({ target, body })) === JSON.stringify(run({ target, body, chunkBytes }))
      },
    ),
    { numRuns: 300 },
  )
  t.pass('300 streams')
})

/** Model, last usage and stop reason by JSON.parse, as an independent reading of a recorded stream. */
function reference(body: string) {
  const found = { model: '', output: -1, stopReason: '' }
  for (const line of body.split(/\r?\n/)) {
    if (!line.startsWith('data:') || line.includes('[DONE]')) continue
    const event = JSON.parse(line.slice(5))
    found.model = event.model ?? event.message?.model ?? event.response?.model ?? event.modelVersion ?? found.model
    const usage = event.usage ?? event.x_groq?.usage ?? event.message?.usage ?? event.response?.usage ?? event.usageMetadata
    found.output = usage?.output_tokens ?? usage?.completion_tokens ?? usage?.candidatesTokenCount ?? found.output
    for (const choice of [...(event.choices ?? []), ...(event.candidates ?? [])])
      found.stopReason = choice.finish_reason ?? choice.finishReason ?? found.stopReason
    found.stopReason = event.delta?.stop_reason ?? found.stopReason
    if (/^response\.(completed|incomplete|failed)$/.test(event.type))
      found.stopReason = event.response.incomplete_details?.reason ?? event.response.status
  }
  return found
}

t.test('every recorded LLM stream', async (t) => {
  const full = corpus('ai-sse-recorded/streams.jsonl')
  if (full === undefined) t.comment(`only the committed part: ${NO_CORPORA}`)
  const file = full ?? fixture('ai-sse-recorded/streams.jsonl')
  const seen = new Map<string, number>()
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const recorded = JSON.parse(line)
    const url = new URL(recorded.uri)
    if (!recorded.content_type.startsWith('text/event-stream') || url.pathname.includes('mcp')) continue
    const body = Buffer.from(recorded.body_b64, 'base64')
    for (const chunkBytes of [body.length, 13]) {
      const { facts } = run({
        method: recorded.method,
        target: url.pathname + url.search,
        request: recorded.request_body ?? {},
        type: recorded.content_type,
        body,
        chunkBytes,
      })
      const expected = reference(body.toString())
      t.match({ model: facts?.model, output: facts?.usage.output, stopReason: facts?.stopReason }, expected, recorded.file)
      if (chunkBytes === 13) continue
      if (facts?.complete !== true) t.comment(`not complete: ${recorded.file}`)
      const key = `${facts?.api} complete=${facts?.complete} usage=${(facts?.usage.output ?? -1) >= 0} content=${(facts?.contentEvents ?? 0) > 0}`
      seen.set(key, (seen.get(key) ?? 0) + 1)
    }
  }
  for (const [key, count] of seen) t.comment(`${count} × ${key}`)
})

t.test('stream chunks of many providers, by shape alone', async (t) => {
  const folder = corpus('ai-stream-chunks')
  if (folder === undefined) return void t.comment(`skipped: ${NO_CORPORA}`)
  const unknown: string[] = []
  for (const provider of readdirSync(folder, { withFileTypes: true })) {
    if (!provider.isDirectory()) continue
    for (const name of readdirSync(join(folder, provider.name))) {
      const lines = readFileSync(join(folder, provider.name, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
      const body = lines.map((line) => `data: ${line}\n\n`).join('')
      const { facts } = run({ body })
      if (facts === undefined) unknown.push(`${provider.name}/${name}`)
      else t.match({ model: facts.model, output: facts.usage.output, stopReason: facts.stopReason }, reference(body), name)
    }
  }
  t.comment(`no LLM shape we know: ${unknown.join(' ')}`)
})
