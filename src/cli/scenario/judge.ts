/**
 * The judge of client behaviour: what was expected, what was seen, and whether that agrees. Pure. Main thread.
 *
 * Operations that a fault has hit are judged; where none was, all. An expectation about operations fails where there are none: a
 * scenario never passes because nothing happened.
 */

import { isFaulted, type Operation, waitsOf } from './operation.ts'
import type { Expectations } from './scenario-schema.ts'

/** What was seen in a phase. */
export interface Evidence {
  readonly operations: readonly Operation[]
  readonly faults: number
  readonly durationMs: number
  /** Undefined without a client of our own. */
  readonly exitCode: number | undefined
  /** The client had to be ended. */
  readonly isTimedOut: boolean
}

export interface Check {
  /** The expectation's key. */
  readonly name: string
  readonly ok: boolean
  readonly expected: string
  readonly found: string
}

type Range = NonNullable<Expectations['attempts']>

export function judge(expect: Expectations, evidence: Evidence): Check[] {
  const faulted = evidence.operations.filter(isFaulted)
  const judged = faulted.length > 0 ? faulted : evidence.operations
  const checks: Check[] = []
  if (evidence.isTimedOut) checks.push({ name: 'timeout', ok: false, expected: 'the client ends by itself', found: 'it had to be ended' })
  if (expect.faults !== undefined) checks.push(within('faults', expect.faults, [evidence.faults]))
  if (expect.attempts !== undefined) {
    checks.push(
      within(
        'attempts',
        expect.attempts,
        judged.map(({ attempts }) => attempts.length),
      ),
    )
  }
  if (expect.retried !== undefined) checks.push(retried(expect.retried, judged))
  if (expect.retry_after !== undefined) checks.push(retryAfter(expect.retry_after, judged))
  if (expect.should_retry !== undefined) checks.push(shouldRetry(judged))
  if (expect.backoff_ms !== undefined) checks.push(backoff(expect.backoff_ms, judged))
  if (expect.outcome !== undefined)
    checks.push(
      every(
        'outcome',
        expect.outcome,
        judged.map(({ outcome }) => outcome),
      ),
    )
  if (expect.statuses !== undefined) checks.push(every('statuses', shownStatuses(expect.statuses), judged.map(statusesOf)))
  if (expect.exit_code !== undefined) checks.push(every('exit_code', String(expect.exit_code), exitCodes(evidence)))
  if (expect.duration_ms !== undefined) checks.push(within('duration_ms', expect.duration_ms, [Math.round(evidence.durationMs)]))
  return checks
}

function retried(expected: boolean, operations: readonly Operation[]): Check {
  const word = (isRetried: boolean): string => (isRetried ? 'attempted again' : 'attempted once')
  return every(
    'retried',
    word(expected),
    operations.map(({ attempts }) => word(attempts.length > 1)),
  )
}

function retryAfter({ early_ms: early, late_ms: late }: NonNullable<Expectations['retry_after']>, operations: readonly Operation[]): Check {
  const waits = operations.flatMap(waitsOf).filter(({ askedMs }) => askedMs !== undefined)
  const isKept = waits.map(({ waitedMs, askedMs = 0 }) => waitedMs >= askedMs - early && (late === undefined || waitedMs <= askedMs + late))
  const most = late === undefined ? '' : `, and at most ${late} ms more`
  return {
    name: 'retry_after',
    ok: waits.length > 0 && isKept.every(Boolean),
    expected: `waits of at least what was asked for, less ${early} ms${most}`,
    found:
      waits.length === 0
        ? 'no attempt followed a response that asked for a wait'
        : waits.map(({ waitedMs, askedMs = 0 }) => `${shownMs(waitedMs)} of ${shownMs(askedMs)}`).join(', '),
  }
}

function shouldRetry(operations: readonly Operation[]): Check {
  const orders = operations.flatMap(({ attempts }) =>
    attempts.flatMap(({ shouldRetry: order }, n) => (order === undefined ? [] : [{ order, isFollowed: n + 1 < attempts.length }])),
  )
  // The last of an operation's attempts may have been the last that its client has: `true` is kept where it is obeyed once.
  const refused = orders.filter(({ order, isFollowed }) => !order && isFollowed).length
  const obeyed = orders.some(({ order, isFollowed }) => order && isFollowed) || orders.every(({ order }) => !order)
  return {
    name: 'should_retry',
    ok: orders.length > 0 && refused === 0 && obeyed,
    expected: 'x-should-retry is followed',
    found:
      orders.length === 0
        ? 'no response said x-should-retry'
        : orders.map(({ order, isFollowed }) => `${order}: ${isFollowed ? 'attempted again' : 'not attempted again'}`).join(', '),
  }
}

function backoff(range: Range, operations: readonly Operation[]): Check {
  const waits = operations.flatMap(waitsOf).filter(({ askedMs }) => askedMs === undefined)
  return within(
    'backoff_ms',
    range,
    waits.map(({ waitedMs }) => Math.round(waitedMs)),
  )
}

function exitCodes({ exitCode }: Evidence): string[] {
  return exitCode === undefined ? [] : [String(exitCode)]
}

function within(name: string, { min, max }: Range, values: readonly number[]): Check {
  const isWithin = (value: number): boolean => value >= min && (max === undefined || value <= max)
  const expected = max === undefined ? `at least ${min}` : min === max ? String(min) : `${min} to ${max}`
  return { name, ok: values.length > 0 && values.every(isWithin), expected, found: shownValues(values) }
}

function every(name: string, expected: string, values: readonly string[]): Check {
  return { name, ok: values.length > 0 && values.every((value) => value === expected), expected, found: shownValues(values) }
}

/** Equal ones once, with their number. */
function shownValues(values: readonly (string | number)[]): string {
  const counts = new Map<string | number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  if (counts.size === 0) return 'nothing to look at'
  return [...counts].map(([value, count]) => (count === 1 ? `${value}` : `${value} (${count} times)`)).join(', ')
}

function statusesOf({ attempts }: Operation): string {
  return shownStatuses(attempts.flatMap(({ status }) => status ?? []))
}

function shownStatuses(statuses: readonly number[]): string {
  return statuses.join(' ')
}

/** `1.02 s`, `600 ms`. */
export function shownMs(ms: number): string {
  return ms >= 1_000 ? `${(ms / 1_000).toFixed(2)} s` : `${Math.round(ms)} ms`
}
