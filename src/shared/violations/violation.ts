/**
 * A violation: untrusted bytes broke a rule. A value, never an exception.
 *
 * Each protocol declares its violations in one file of this folder, as a closed table; `registry.ts` joins them, and
 * `docs/errors.md` is kept equal to it by a test. No thread of its own.
 */

/** Who broke the rule. `sender` means: the side whose bytes were being read, whichever it was. */
export type AtFault = 'client' | 'origin' | 'sender'

export interface Violation {
  /** Stable, public identifier: `<protocol>_<what>`; in events, metrics and the body of refusals. */
  readonly code: string
  readonly atFault: AtFault
  /** The rule that was broken, e.g. `RFC 9112 §6.3`, or `limit` for one of our own bounds. */
  readonly rule: string
  /** One sentence in the sender's terms: what was wrong. */
  readonly message: string
  /** The status a client gets when the message can still be refused with a reply; 0 where none can. */
  readonly status: number
  /** What the sender can do about it, where there is something: shown in refusals. */
  readonly remedy?: string
}

/** Types a table of violations, filling `code` from the key so that the two cannot differ. */
export function violationTable<const Name extends string>(table: Record<Name, Omit<Violation, 'code'>>): Readonly<Record<Name, Violation>> {
  const entries = Object.entries<Omit<Violation, 'code'>>(table).map(([code, rest]) => [code, Object.freeze({ code, ...rest })])
  return Object.freeze(Object.fromEntries(entries)) as Readonly<Record<Name, Violation>>
}
