/**
 * NotApplicable: a fault that could not be done where it was to happen, told in the place of what was applied. It has altered nothing:
 * it is neither counted as injected, nor does it mark what follows. No thread of its own.
 */

export interface NotApplicable {
  /** Why, in words. */
  readonly not_applicable: string
}

export function isNotApplicable(applied: unknown): applied is NotApplicable {
  return typeof applied === 'object' && applied !== null && 'not_applicable' in applied
}

const JSON_START = '{"not_applicable":'

/** The same of `applied` as JSON, as a ring record has it. */
export function saysNotApplicable(json: string | undefined): boolean {
  return json?.startsWith(JSON_START) === true
}
