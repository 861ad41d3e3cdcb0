/**
 * Where each reason for refusing a connection is counted: its place among all codes that the acceptor can answer with.
 * No thread of its own: the acceptor counts by slot, the aggregator labels by code.
 */

import { CONNECT_VIOLATIONS } from '../violations/connect.ts'
import { refusals } from './registry.ts'

/** Every code, by slot. */
export const REFUSAL_CODES: readonly string[] = [...Object.keys(refusals), ...Object.keys(CONNECT_VIOLATIONS)]

const SLOTS: ReadonlyMap<string, number> = new Map(REFUSAL_CODES.map((code, slot) => [code, slot]))

/** The slot of `code`; −1 for a code that is none of ours. */
export function refusalSlot(code: string): number {
  return SLOTS.get(code) ?? -1
}
