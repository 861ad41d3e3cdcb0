/**
 * Invariants: checks on *our own* code, never on input.
 *
 * Untrusted bytes that break a rule are a violation (`shared/violations/`) and never throw; a broken invariant is our bug
 * and fails loud. No thread of its own.
 */

export class InvariantError extends Error {
  override readonly name = 'InvariantError'
}

/** Throws when `condition` is false. `what` says which invariant of ours was broken. */
export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new InvariantError(`invariant broken: ${what}`)
}

/** Closes a `switch` over a union: reaching it means that a member was added and not handled. */
export function assertNever(value: never, what: string): never {
  throw new InvariantError(`unhandled ${what}: ${String(value)}`)
}
