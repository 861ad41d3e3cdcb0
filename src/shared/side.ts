/**
 * Side: which end of a flow *sent* the bytes in question.
 *
 * Plain integers, so that hot paths index arrays by side (`this.direction[side]`) instead of branching on strings.
 * No thread of its own; imported everywhere.
 */

export const CLIENT = 0
export const ORIGIN = 1

export type Side = typeof CLIENT | typeof ORIGIN

/** The spelling of a side in events, metrics and logs. */
export const SIDE_NAMES = ['client', 'origin'] as const

export function otherSide(side: Side): Side {
  return side === CLIENT ? ORIGIN : CLIENT
}
