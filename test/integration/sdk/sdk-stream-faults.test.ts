/**
 * The Anthropic and the OpenAI SDK, streaming, at the mercy of profiles: what each gets of a stream that goes wrong, the error that it
 * raises, and that it does not attempt again what has begun to answer.
 */

import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { importForeign, NO_FOREIGN_PACKAGES } from '../../support/clients/foreign-packages.ts'
import { SdkTrial } from '../../support/clients/sdk-trial.ts'

// Waits of seconds, and a machine that may be busy.
t.setTimeout(600_000)

/** How long a client that looks for silence listens to it. */
const SILENCE_MS = 400

type Events = AsyncIterable<{ readonly type?: string }> & { readonly controller: AbortController }
type Create = { create(parameters: object): Promise<Events> }
type Made<T> = new (options: object) => T
interface AnthropicClient {
  readonly messages: Create & { stream(parameters: object): { finalMessage(): Promise<unknown> } }
}
interface OpenAiClient {
  readonly chat: { readonly completions: Create }
  readonly responses: Create
}

const USAGE = { input_tokens: 1, output_tokens: 1 }
const MESSAGE = {
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'm',
  content: [],
  stop_reason: null,
  stop_sequence: null,
  usage: USAGE,
}
const delta = (text: string) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })
const ANTHROPIC = [
  { type: 'message_start', message: MESSAGE },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  delta('hello '),
  delta('snow ☃ man'),
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens: 4 } },
  { type: 'message_stop' },
]
const TYPES = ANTHROPIC.map(({ type }) => type)
const CHUNKS = ['a', 'b', 'c', 'd'].map((content) => ({
  id: 'c_1',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [{ index: 0, delta: { content } }],
}))
const RESPONSES = ['response.created', 'response.output_text.delta', 'response.output_text.delta', 'response.completed'].map((type, n) => ({
  type,
  sequence_number: n,
}))

/** Each event by itself, so that a client sees what came before a fault. */
function answerEvents(lines: readonly string[]): (response: ServerResponse) => void {
  return async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const line of lines) {
      response.write(line)
      await delay(2)
    }
    response.end()
  }
}

const named = (event: { readonly type: string }) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`
const bare = (event: object | string) => `data: ${typeof event === 'string' ? event : JSON.stringify(event)}\n\n`

interface Seen {
  /** Types of the events, or their number where they have none. */
  readonly events: readonly { readonly type?: string }[]
  readonly error: (Error & { status?: number; type?: string; code?: string | null; error?: unknown }) | undefined
  readonly isSilent: boolean
}

/** Reads until the end, an error, or, behind `enough` events, a silence. */
async function read(stream: Events, enough = Number.POSITIVE_INFINITY): Promise<Seen> {
  const events: { readonly type?: string }[] = []
  const iterator = stream[Symbol.asyncIterator]()
  try {
    for (;;) {
      const pending = iterator.next()
      const next = await (events.length < enough ? pending : Promise.race([pending, delay(SILENCE_MS)]))
      if (next === undefined) {
        stream.controller.abort()
        return { events, error: undefined, isSilent: true }
      }
      if (next.done === true) return { events, error: undefined, isSilent: false }
      events.push(next.value)
    }
  } catch (error) {
    return { events, error: error as Error, isSilent: false }
  }
}

async function checkOnce(t: Test, trial: SdkTrial, entry: string, kind: string): Promise<void> {
  const operations = await trial.operations(entry)
  t.match(operations, [{ attempts: [{ status: 200, faults: [{ profile: entry, kind, phase: 'body' }] }] }], `${entry}: told`)
  t.equal(operations[0]?.attempts.length, 1, `${entry}: attempted once`)
}

t.test('Anthropic', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const {
    default: Anthropic,
    APIError,
    AnthropicError,
  } = await importForeign<{
    readonly default: Made<AnthropicClient>
    readonly APIError: Made<Error>
    readonly AnthropicError: Made<Error>
  }>('@anthropic-ai/sdk')
  const entries = [
    'overloaded',
    'overloaded-first',
    'api-error',
    'no-message-stop',
    'stall',
    'cut',
    'reset',
    'cut-data',
    'cut-utf8',
    'duplicate',
  ]
  const trial = await SdkTrial.start(
    t,
    entries.map((name) => ({ entry: `anthropic:sse-${name}` })),
    answerEvents(ANTHROPIC.map(named)),
  )
  const parameters = { model: 'm', max_tokens: 10, messages: [{ role: 'user', content: 'hi' }] }
  const client = (name: string) => new Anthropic({ apiKey: 'k', baseURL: trial.baseUrl(`anthropic:sse-${name}`), fetch: trial.fetch })
  const stream = async (name: string, enough?: number) => read(await client(name).messages.create({ ...parameters, stream: true }), enough)
  const typesOf = ({ events }: Seen) => events.map(({ type }) => type)

  for (const [name, before, type] of [
    ['overloaded', 3, 'overloaded_error'],
    ['overloaded-first', 0, 'overloaded_error'],
    ['api-error', 3, 'api_error'],
  ] as const) {
    const seen = await stream(name)
    t.same(typesOf(seen), TYPES.slice(0, before), name)
    t.equal(seen.error?.constructor, APIError, `${name}: APIError, not ${seen.error?.constructor.name}`)
    t.equal(seen.error?.status, undefined, `${name}: no status, for it was 200`)
    t.equal(seen.error?.type, type, name)
    await checkOnce(t, trial, `anthropic:sse-${name}`, 'sse')
  }

  const stopless = await stream('no-message-stop')
  t.same([typesOf(stopless), stopless.error], [TYPES.slice(0, -1), undefined], 'it ends in order, and message_stop never came')
  await checkOnce(t, trial, 'anthropic:sse-no-message-stop', 'sse_drop_type')
  const whole = client('no-message-stop').messages.stream(parameters).finalMessage()
  t.equal(await whole.catch((error: Error) => error.constructor), AnthropicError, 'who waits for the message learns that there is none')

  const stalled = await stream('stall', 3)
  t.match([typesOf(stalled), stalled.isSilent], [TYPES.slice(0, 3), true])
  await checkOnce(t, trial, 'anthropic:sse-stall', 'sse')
  for (const name of ['cut', 'reset', 'cut-data'] as const) {
    const seen = await stream(name)
    t.same(typesOf(seen), TYPES.slice(0, 3), name)
    t.ok(seen.error instanceof Error, `${name}: ${seen.error?.message}`)
    await checkOnce(t, trial, `anthropic:sse-${name}`, 'sse')
  }
  const torn = await stream('cut-utf8')
  t.same(typesOf(torn), TYPES.slice(0, 3), 'the event with the torn character never comes')
  t.ok(torn.error instanceof Error)
  t.same(typesOf(await stream('duplicate')), [...TYPES.slice(0, 3), TYPES[3], TYPES[3], ...TYPES.slice(4)])
})

t.test('OpenAI', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const { default: OpenAi, APIError } = await importForeign<{ readonly default: Made<OpenAiClient>; readonly APIError: Made<Error> }>(
    'openai',
  )
  const entries = ['error', 'cut', 'stall', 'end'].map((name) => `openai:sse-${name}`)
  const chats = await SdkTrial.start(
    t,
    entries.map((entry) => ({ entry })),
    answerEvents([...CHUNKS, '[DONE]'].map(bare)),
  )
  const client = (trial: SdkTrial, entry: string) => new OpenAi({ apiKey: 'k', baseURL: `${trial.baseUrl(entry)}/v1`, fetch: trial.fetch })
  const parameters = { model: 'm', stream: true, messages: [{ role: 'user', content: 'hi' }] }
  const chat = async (name: string, enough?: number) =>
    read(await client(chats, `openai:sse-${name}`).chat.completions.create(parameters), enough)

  const failed = await chat('error')
  t.equal(failed.events.length, 2)
  t.equal(failed.error?.constructor, APIError)
  t.match(failed.error, { status: undefined, type: 'server_error', error: { message: /The server had an error/ } })
  const cut = await chat('cut')
  t.ok(cut.events.length === 2 && cut.error instanceof Error, cut.error?.message ?? '')
  t.match(await chat('stall', 2), { events: { length: 2 }, isSilent: true })
  t.match(await chat('end'), { events: { length: 2 }, error: undefined }, 'an end in order: only the missing finish_reason tells')
  for (const entry of entries) await checkOnce(t, chats, entry, 'sse')

  const responses = await SdkTrial.start(
    t,
    ['openai:sse-responses-error', 'openai:sse-no-completed'].map((entry) => ({ entry })),
    answerEvents(RESPONSES.map(named)),
  )
  const respond = async (name: string) =>
    read(await client(responses, `openai:sse-${name}`).responses.create({ model: 'm', stream: true, input: 'hi' }))
  const refused = await respond('responses-error')
  t.equal(refused.error?.constructor, APIError)
  t.match(refused, { events: { length: 2 }, error: { status: undefined, code: 'server_is_overloaded' } })
  const uncompleted = await respond('no-completed')
  t.same(
    uncompleted.events.map(({ type }) => type),
    RESPONSES.slice(0, 3).map(({ type }) => type),
  )
})
