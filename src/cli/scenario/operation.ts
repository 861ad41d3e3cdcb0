/**
 * Operation: what a client wanted to be done, with all its attempts at it. Pure. Main thread.
 *
 * An attempt belongs to an operation that failed before it began and asked for the same: host, method and path. Where the client
 * counts its attempts, a first one begins an operation. A connection that came to nothing belongs to whatever is next asked of its
 * host. Of several operations that fit, the one that has waited longest gets the attempt.
 */

import { type Attempt, hasFailed } from './attempt.ts'

export type Outcome = 'succeeded' | 'gave_up' | 'unfinished'

export interface Operation {
  readonly attempts: readonly [Attempt, ...Attempt[]]
  readonly outcome: Outcome
}

/** A wait between two attempts. */
export interface Wait {
  readonly waitedMs: number
  /** What the response before it asks for; undefined: nothing. */
  readonly askedMs: number | undefined
}

export function operationsOf(attempts: readonly Attempt[]): Operation[] {
  const chains: [Attempt, ...Attempt[]][] = []
  for (const attempt of [...attempts].sort((a, b) => a.startMs - b.startMs)) {
    const isFirst = attempt.number === 1
    const chain = chains.find((candidate) => continues(candidate, attempt, isFirst))
    if (chain === undefined) chains.push([attempt])
    else chain.push(attempt)
  }
  return chains.map((chain) => ({ attempts: chain, outcome: outcomeOf(lastOf(chain)) }))
}

export function isFaulted({ attempts }: Operation): boolean {
  return attempts.some(({ faults }) => faults.length > 0)
}

/** From when the client could know that an attempt had failed to the beginning of the next. */
export function waitsOf({ attempts }: Operation): Wait[] {
  return attempts.slice(1).map((attempt, n) => {
    const before = attempts[n] ?? attempt
    return { waitedMs: attempt.startMs - (before.answeredMs ?? before.endMs ?? before.startMs), askedMs: before.retryAfterMs }
  })
}

function continues(chain: readonly [Attempt, ...Attempt[]], attempt: Attempt, isFirst: boolean): boolean {
  const last = lastOf(chain)
  if (last.host !== attempt.host || last.port !== attempt.port || !hasFailed(last)) return false
  if ((last.answeredMs ?? last.endMs ?? Number.POSITIVE_INFINITY) > attempt.startMs) return false
  if (last.method === 'CONNECT') return true
  return !isFirst && last.method === attempt.method && last.path === attempt.path
}

function outcomeOf(last: Attempt): Outcome {
  if (last.endMs === undefined) return 'unfinished'
  return hasFailed(last) ? 'gave_up' : 'succeeded'
}

function lastOf(chain: readonly [Attempt, ...Attempt[]]): Attempt {
  return chain.at(-1) ?? chain[0]
}
