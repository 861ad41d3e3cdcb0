/** judge: each expectation, kept and broken; nothing passes because nothing happened. */

import t from 'tap'
import { AttemptLog } from '../../../src/cli/scenario/attempt-log.ts'
import { type Evidence, judge, shownMs } from '../../../src/cli/scenario/judge.ts'
import { operationsOf } from '../../../src/cli/scenario/operation.ts'
import { scenarioSchema } from '../../../src/cli/scenario/scenario-schema.ts'
import { ClientStory, type ToldRequest } from '../../support/client-story.ts'

const FAULT = { kind: 'respond', profile: 'anthropic:529' }

function evidenceOf(requests: readonly ToldRequest[], more: Partial<Evidence> = {}): Evidence {
  const log = new AttemptLog()
  for (const event of new ClientStory().connection(...requests).events) log.add(event)
  return { operations: operationsOf(log.attempts), faults: log.faults.length, durationMs: 1_234.5, exitCode: 0, isTimedOut: false, ...more }
}

function check(expect: object, evidence: Evidence) {
  const { phases } = scenarioSchema.parse({ title: 't', phases: [{ name: 'p', expect }] })
  return judge(phases[0]?.expect ?? {}, evidence)
}

/** Fails, asks for `asked` ms, and is attempted again after `waited`. */
const retryAfter = (asked: number, waited: number): ToldRequest[] => [
  { at: [0, 10, 11], status: 529, response: [['retry-after-ms', String(asked)]], fault: FAULT },
  { at: [10 + waited, 20 + waited, 21 + waited], status: 200 },
]
const once: ToldRequest[] = [{ at: [0, 10, 11], status: 529, response: [['x-should-retry', 'false']], fault: FAULT }]
const obeyed: ToldRequest[] = [
  { at: [0, 10, 11], status: 400, response: [['x-should-retry', 'true']], fault: FAULT },
  { at: [50, 60, 61], status: 200 },
]

const CASES: readonly (readonly [expect: object, evidence: Evidence, ok: boolean, found: RegExp])[] = [
  [{ retry_after: true }, evidenceOf(retryAfter(600, 605)), true, /^605 ms of 600 ms$/],
  [{ retry_after: true }, evidenceOf(retryAfter(600, 580)), true, /580 ms/],
  [{ retry_after: true }, evidenceOf(retryAfter(600, 3)), false, /^3 ms of 600 ms$/],
  [{ retry_after: { early_ms: 0 } }, evidenceOf(retryAfter(600, 599)), false, /599 ms/],
  [{ retry_after: { late_ms: 100 } }, evidenceOf(retryAfter(600, 705)), false, /705 ms/],
  [{ retry_after: { late_ms: 100 } }, evidenceOf(retryAfter(600, 695)), true, /695 ms/],
  [{ retry_after: true }, evidenceOf(once), false, /no attempt followed/],
  [{ retry_after: true }, evidenceOf([]), false, /no attempt followed/],
  [{ retried: true }, evidenceOf(retryAfter(1, 1)), true, /attempted again/],
  [{ retried: true }, evidenceOf(once), false, /attempted once/],
  [{ retried: false }, evidenceOf(once), true, /attempted once/],
  [{ retried: false }, evidenceOf([]), false, /nothing to look at/],
  [{ attempts: 2 }, evidenceOf(retryAfter(1, 1)), true, /^2$/],
  [{ attempts: { min: 3 } }, evidenceOf(retryAfter(1, 1)), false, /^2$/],
  [{ attempts: { max: 1 } }, evidenceOf(retryAfter(1, 1)), false, /^2$/],
  [{ should_retry: true }, evidenceOf(once), true, /false: not attempted again/],
  [{ should_retry: true }, evidenceOf(obeyed), true, /true: attempted again/],
  [{ should_retry: true }, evidenceOf(obeyed.slice(0, 1)), false, /true: not attempted again/],
  [
    { should_retry: true },
    evidenceOf([once[0] ?? obeyed[0], { at: [50, 60, 61], status: 200 }] as ToldRequest[]),
    false,
    /false: attempted again/,
  ],
  [{ should_retry: true }, evidenceOf(retryAfter(1, 1)), false, /no response said/],
  [{ backoff_ms: { min: 30, max: 60 } }, evidenceOf(obeyed), true, /^40$/],
  [{ backoff_ms: { min: 50 } }, evidenceOf(obeyed), false, /^40$/],
  [{ backoff_ms: { min: 0 } }, evidenceOf(retryAfter(1, 1)), false, /nothing to look at/],
  [{ outcome: 'succeeded' }, evidenceOf(obeyed), true, /succeeded/],
  [{ outcome: 'gave_up' }, evidenceOf(obeyed), false, /succeeded/],
  [{ outcome: 'gave_up' }, evidenceOf(once), true, /gave_up/],
  [{ statuses: [400, 200] }, evidenceOf(obeyed), true, /400 200/],
  [{ statuses: [529] }, evidenceOf(obeyed), false, /400 200/],
  [{ faults: 1 }, evidenceOf(once), true, /1/],
  [{ faults: { min: 1 } }, evidenceOf([]), false, /0/],
  [{ exit_code: 0 }, evidenceOf([]), true, /0/],
  [{ exit_code: 0 }, evidenceOf([], { exitCode: 1 }), false, /1/],
  [{ exit_code: 0 }, evidenceOf([], { exitCode: undefined }), false, /nothing to look at/],
  [{ duration_ms: { max: 1_300 } }, evidenceOf([]), true, /1235|1234/],
  [{ duration_ms: { max: 1_000 } }, evidenceOf([]), false, /1235|1234/],
]

t.test('expectations', async (t) => {
  for (const [expect, evidence, ok, found] of CASES) {
    const checks = check(expect, evidence)
    t.match(checks, [{ ok, found }], JSON.stringify(expect))
    t.equal(checks.length, 1)
  }
})

t.test('operations that no fault has hit are not judged beside those that one has', async (t) => {
  const story = [...obeyed, { at: [100, 101, 102], status: 200, path: '/other' } as const]
  t.match(check({ retried: true }, evidenceOf(story)), [{ ok: true }])
  t.match(check({ retried: false }, evidenceOf([{ at: [0, 1, 2], status: 200 }])), [{ ok: true }], 'without faults all are')
})

t.test('a client that had to be ended has failed, whatever was expected', async (t) => {
  t.match(check({}, evidenceOf([], { isTimedOut: true })), [{ name: 'timeout', ok: false }])
  t.same(check({}, evidenceOf([])), [])
})

t.test('times for people', async (t) => {
  t.same([0.4, 605.4, 1_000, 12_345].map(shownMs), ['0 ms', '605 ms', '1.00 s', '12.35 s'])
})
