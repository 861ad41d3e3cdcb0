/**
 * Measure: how the ratio of a gate is found: pairs of the subject and what it is compared with, taken one after the other.
 */

export interface Pairing {
  /** One pair: the subject's cost over the other's. `turn` says who goes first. */
  pair(turn: number): Promise<number>
  stop(): Promise<void>
}

export interface Measure {
  /** Fresh processes, warmed up. */
  start(): Promise<Pairing>
}
