/**
 * What a run of the peers has found: the report's data, as report.json has them.
 */

import type { Machine } from '../support/machine.ts'

export interface Figure {
  readonly peer: string
  readonly median: number
  readonly lowest: number
  readonly highest: number
  readonly operations: number
  /** Operations per second, of which the load's own pace is a part. */
  readonly perSecond: number
  readonly failed: number
  readonly failures: readonly string[]
}

export interface LatencyFigure {
  readonly peer: string
  /** Milliseconds. */
  readonly p50: number
  readonly p99: number
}

export interface IdleFigure {
  readonly peer: string
  readonly kilobytes: number
  /** MB before the sessions came. */
  readonly base: number
  readonly failed: number
}

export interface RuntimeFigure {
  readonly subject: string
  readonly workload: string
  readonly operations: number
  readonly failed: number
  /** Percent of the time. */
  readonly gcPercent: number
  readonly gcMicros: number
  /** KB of V8's heap per operation; undefined where this Node does not tell. */
  readonly allocatedKilobytes: number | undefined
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number }
  /** Per operation; undefined for the relay, which has none. */
  readonly events: number | undefined
  readonly dropped: number | undefined
}

export interface OwnComparison {
  readonly title: string
  readonly unit: string
  readonly figures: readonly Figure[]
}

export interface Report {
  readonly machine: Machine
  readonly loadAfter: readonly number[]
  /** How long the run has taken. */
  readonly minutes: number
  readonly origin: string
  readonly rounds: number
  readonly sessions: number
  readonly peers: readonly { readonly name: string; readonly version: string; readonly description: string }[]
  readonly missing: readonly string[]
  readonly figures: Readonly<Record<string, readonly Figure[]>>
  readonly latency: readonly LatencyFigure[]
  readonly peaks: readonly { readonly peer: string; readonly megabytes: number }[]
  readonly idle: readonly IdleFigure[]
  readonly runtime: readonly RuntimeFigure[]
  readonly own: readonly OwnComparison[]
}
