/**
 * Measure: how the ratio of a gate is found: pairs of the subject and what it is compared with, taken side by side.
 */

/** Costs of both, in the same unit: microseconds of CPU per operation, or octets per session. */
export interface Pair {
  readonly own: number
  readonly other: number
}

export interface Pairing {
  pair(): Promise<Pair>
  stop(): Promise<void>
}

export interface Measure {
  /** Fresh processes, warmed up. */
  start(): Promise<Pairing>
}
