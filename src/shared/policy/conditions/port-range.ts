/**
 * Port ranges, as rules write them: `443`, or `8000-8999` with both ends included. No thread of its own.
 */

import { ConfigError } from '../../options/problems/config-error.ts'

export interface PortRange {
  readonly from: number
  readonly to: number
}

/** RFC 9293 §3.1: 16 bits; 0 is no port that a connection goes to. */
const MAX_PORT = 65_535

/** Throws a ConfigError without a path for a range that is none. */
export function parsePortRange(written: number | string): PortRange {
  if (typeof written === 'number') return { from: written, to: written }
  const [from = 0, to = 0] = written.split('-').map(Number)
  if (!(from >= 1 && to <= MAX_PORT))
    throw ConfigError.of(`"${written}" is beyond the ports that there are`, `use ports from 1 to ${MAX_PORT}`)
  if (from > to) throw ConfigError.of(`"${written}" ends before it begins`, `write ${to}-${from}`)
  return { from, to }
}

export function inPortRange({ from, to }: PortRange, port: number): boolean {
  return port >= from && port <= to
}
