/**
 * The Anthropic and the OpenAI SDK at the mercy of profiles, against local origins: each fault raises the SDK's own exact error class,
 * is attempted again as the SDK's documentation says (twice by default; `x-should-retry` before all else), and after the wait that
 * `retry-after-ms`, or else `retry-after`, asks for; without one after half a second, doubled, less up to a quarter. What the client
 * did is measured by what judges it in scenarios.
 */

import type { ServerResponse } from 'node:http'
import t, { type Test } from 'tap'
import { waitsOf } from '../../../src/cli/scenario/operation.ts'
import { ProfileLibrary } from '../../../src/shared/faults/profiles/profile-library.ts'
import { importForeign, NO_FOREIGN_PACKAGES } from '../../support/clients/foreign-packages.ts'
import { SdkTrial } from '../../support/clients/sdk-trial.ts'

// Processes, waits of seconds, and a machine that may be busy.
t.setTimeout(600_000)

/** Timers may fire a millisecond early. */
const EARLY_MS = 5
/** What a loaded machine may add to a wait. */
const LATE_MS = 3_000

interface ApiFailure extends Error {
  readonly status: number | undefined
  readonly type?: string | null
  readonly requestID?: string | null
  readonly code?: string | null
}

interface Expected {
  readonly entry: string
  /** Name of the SDK's class. */
  readonly error: string
  readonly attempts: number
  /** What each wait is asked to be; absent: the SDK's own. */
  readonly waitMs?: number
  readonly type?: string
}

const own = (entry: string, error: string, attempts: number, type: string, waitMs?: number): Expected => ({
  entry,
  error,
  attempts,
  type,
  ...(waitMs === undefined ? {} : { waitMs }),
})

const ANTHROPIC: readonly Expected[] = [
  own('anthropic:400', 'BadRequestError', 1, 'invalid_request_error'),
  own('anthropic:401', 'AuthenticationError', 1, 'authentication_error'),
  own('anthropic:402', 'PaymentRequiredError', 1, 'billing_error'),
  own('anthropic:403', 'PermissionDeniedError', 1, 'permission_error'),
  own('anthropic:404', 'NotFoundError', 1, 'not_found_error'),
  own('anthropic:409', 'ConflictError', 3, 'conflict_error'),
  own('anthropic:413', 'ContentTooLargeError', 1, 'request_too_large'),
  own('anthropic:429', 'RateLimitError', 3, 'rate_limit_error', 2_000),
  own('anthropic:429-ms', 'RateLimitError', 3, 'rate_limit_error', 600),
  own('anthropic:429-no-retry', 'RateLimitError', 1, 'rate_limit_error'),
  own('anthropic:429-spend-limit', 'EnforcedSpendLimitReachedError', 1, 'rate_limit_error'),
  own('anthropic:400-retry', 'BadRequestError', 3, 'invalid_request_error'),
  own('anthropic:500', 'InternalServerError', 3, 'api_error'),
  own('anthropic:504', 'GatewayTimeoutError', 3, 'timeout_error'),
  own('anthropic:529', 'OverloadedError', 3, 'overloaded_error'),
  own('anthropic:529-retry-after', 'OverloadedError', 3, 'overloaded_error', 1_000),
]

const OPENAI: readonly Expected[] = [
  own('openai:400', 'BadRequestError', 1, 'missing_required_parameter'),
  own('openai:400-context', 'BadRequestError', 1, 'context_length_exceeded'),
  own('openai:401', 'AuthenticationError', 1, 'invalid_api_key'),
  own('openai:403', 'PermissionDeniedError', 1, 'unsupported_country_region_territory'),
  own('openai:404', 'NotFoundError', 1, 'model_not_found'),
  own('openai:409', 'ConflictError', 3, 'conflict'),
  { entry: 'openai:422', error: 'UnprocessableEntityError', attempts: 1 },
  own('openai:429', 'RateLimitError', 3, 'rate_limit_exceeded', 2_000),
  own('openai:429-ms', 'RateLimitError', 3, 'rate_limit_exceeded', 600),
  own('openai:429-no-retry', 'RateLimitError', 1, 'rate_limit_exceeded'),
  own('openai:429-quota', 'RateLimitError', 3, 'insufficient_quota'),
  { entry: 'openai:500', error: 'InternalServerError', attempts: 3 },
  { entry: 'openai:502', error: 'InternalServerError', attempts: 3 },
  own('openai:503', 'InternalServerError', 3, 'server_is_overloaded'),
  own('openai:503-retry-after', 'InternalServerError', 3, 'server_is_overloaded', 1_000),
  { entry: 'openai:504', error: 'InternalServerError', attempts: 3 },
]

type Classes = Readonly<Record<string, new (...parameters: never[]) => Error>>
type Create = { create(parameters: object): Promise<unknown> }
type Anthropic = Classes & { readonly default: new (options: object) => { readonly messages: Create } }
type OpenAi = Classes & { readonly default: new (options: object) => { readonly chat: { readonly completions: Create } } }

const MESSAGES = [{ role: 'user', content: 'hi' }]

async function anthropic(): Promise<(trial: SdkTrial, entry: string, times?: number) => { readonly messages: Create }> {
  const { default: Client } = await importForeign<Anthropic>('@anthropic-ai/sdk')
  return (trial, entry, times) => new Client({ apiKey: 'k', baseURL: trial.baseUrl(entry, times), fetch: trial.fetch })
}

async function openai(): Promise<(trial: SdkTrial, entry: string, times?: number) => { readonly chat: { readonly completions: Create } }> {
  const { default: Client } = await importForeign<OpenAi>('openai')
  return (trial, entry, times) => new Client({ apiKey: 'k', baseURL: `${trial.baseUrl(entry, times)}/v1`, fetch: trial.fetch })
}

async function failureOf(call: Promise<unknown>): Promise<ApiFailure | undefined> {
  return call.then(
    () => undefined,
    (error: ApiFailure) => error,
  )
}

function answerJson(body: object): (response: ServerResponse) => void {
  return (response) => void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const MESSAGE = { id: 'msg_1', type: 'message', role: 'assistant', model: 'm', content: [{ type: 'text', text: 'hello' }], usage: {} }
const COMPLETION = {
  id: 'c_1',
  object: 'chat.completion',
  model: 'm',
  choices: [{ index: 0, message: { role: 'assistant', content: 'hello' } }],
}

/** The SDK's own wait before the n-th attempt again: 0.5 s, doubled, less up to a quarter. */
function ownWait(n: number): readonly [leastMs: number, mostMs: number] {
  const full = 500 * 2 ** n
  return [full * 0.75, full]
}

async function checkAttempts(t: Test, trial: SdkTrial, { entry, attempts, waitMs }: Expected): Promise<void> {
  const operations = await trial.operations(entry)
  t.equal(operations.length, 1, `${entry}: one operation`)
  const [operation] = operations
  if (operation === undefined) return
  t.equal(operation.attempts.length, attempts, `${entry}: attempts`)
  t.equal(operation.outcome, 'gave_up')
  t.equal(trial.servedFor(entry), 0, `${entry}: the origin was never asked`)
  for (const [n, { waitedMs, askedMs }] of waitsOf(operation).entries()) {
    t.equal(askedMs, waitMs, `${entry}: the wait that is asked for`)
    const [least, most] = waitMs === undefined ? ownWait(n) : [waitMs, waitMs]
    t.ok(waitedMs >= least - EARLY_MS && waitedMs <= most + LATE_MS, `${entry}: waited ${waitedMs} ms of ${least} to ${most}`)
  }
}

/** All of them at once: the waits of one are not another's. */
async function tryAll(
  t: Test,
  cases: readonly Expected[],
  trial: SdkTrial,
  classes: Classes,
  call: (entry: string) => Promise<unknown>,
): Promise<void> {
  const library = new ProfileLibrary()
  const failures = await Promise.all(cases.map(({ entry }) => failureOf(call(entry))))
  for (const [n, expected] of cases.entries()) {
    const { entry, error, type } = expected
    const failure = failures[n]
    const [fault] = library.find(entry).faults
    t.equal(
      failure?.constructor,
      classes[error] ?? (classes['Anthropic'] as unknown as Classes)[error],
      `${entry}: ${error}, not ${failure?.constructor.name}`,
    )
    t.equal(failure?.status, fault?.kind === 'respond' ? fault.status : undefined, `${entry}: status`)
    if (type !== undefined) t.equal(failure?.type === type ? failure.type : failure?.code, type, `${entry}: ${type}`)
    if (fault?.kind === 'respond') {
      const id = fault.fields['request-id'] ?? fault.fields['x-request-id']
      if (id !== undefined) t.equal(failure?.requestID, id, `${entry}: request id`)
    }
    await checkAttempts(t, trial, expected)
  }
}

t.test('Anthropic: every status', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const client = await anthropic()
  const classes = await importForeign<Anthropic>('@anthropic-ai/sdk')
  const trial = await SdkTrial.start(t, ANTHROPIC, answerJson(MESSAGE))
  await tryAll(t, ANTHROPIC, trial, classes, (entry) =>
    client(trial, entry).messages.create({ model: 'm', max_tokens: 10, messages: MESSAGES }),
  )
  const injected = trial.harness.named('fault_injected')
  const expected = ANTHROPIC.reduce((sum, { attempts }) => sum + attempts, 0)
  t.equal(injected.length, expected, 'one event per injection')
  t.ok(injected.every(({ profile, rule, kind }) => profile === rule && kind === 'respond'))
})

t.test('OpenAI: every status', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const client = await openai()
  const classes = await importForeign<OpenAi>('openai')
  const trial = await SdkTrial.start(t, OPENAI, answerJson(COMPLETION))
  await tryAll(t, OPENAI, trial, classes, (entry) => client(trial, entry).chat.completions.create({ model: 'm', messages: MESSAGES }))
})

t.test('a fault that passes: the SDK gets its answer at the second attempt', { skip: NO_FOREIGN_PACKAGES }, async (t) => {
  const [one, other] = [await anthropic(), await openai()]
  const faults = [
    { entry: 'anthropic:529', times: 1 },
    { entry: 'openai:429-ms', times: 1 },
  ]
  const trial = await SdkTrial.start(t, faults, answerJson({ ...COMPLETION, ...MESSAGE }))
  const message = await one(trial, 'anthropic:529', 1).messages.create({ model: 'm', max_tokens: 10, messages: MESSAGES })
  t.match(message, { content: [{ text: 'hello' }] })
  t.match(await other(trial, 'openai:429-ms', 1).chat.completions.create({ model: 'm', messages: MESSAGES }), {
    choices: [{ message: { content: 'hello' } }],
  })
  for (const { entry, times } of faults) {
    t.match(await trial.operations(entry, times), [{ outcome: 'succeeded', attempts: [{ faults: [{ profile: entry }] }, { status: 200 }] }])
    t.equal(trial.servedFor(entry, times), 1)
  }
})
