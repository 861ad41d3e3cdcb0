/**
 * What a run of the peers has found: the report's data, as report.json has them.
 */

import type { Machine } from '../support/machine.ts'
import type { Scaling, Simulation } from '../support/scaling.ts'

export interface Spread {
  readonly median: number
  readonly lowest: number
  readonly highest: number
}

export interface Figure extends Spread {
  readonly peer: string
  /** Of each round, in the order of the rounds: those of one round were measured beside one another. */
  readonly costs: readonly number[]
  readonly operations: number
  /** Operations per second, of which the load's own pace is a part. */
  readonly perSecond: number
  readonly failed: number
  readonly failures: readonly string[]
}

/** Milliseconds. */
export interface LatencyFigure {
  readonly peer: string
  /** Of all requests. */
  readonly p50: number
  readonly p99: number
  /** What the median and the 99th percentile of a round are above those of the same round without a proxy. */
  readonly added50: Spread
  readonly added99: Spread
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
  /** What must be known to read the figures; may be absent. */
  readonly note: string | undefined
  readonly unit: string
  readonly figures: readonly Figure[]
}

/** What events cost by themselves: bench/ring.bench.ts, bench/ndjson-sink.bench.ts. */
export interface EventCosts {
  /** Nanoseconds of CPU to write one, by event. */
  readonly writeNs: Readonly<Record<string, number>>
  /** Events per second through one ring from thread to thread. */
  readonly crossingPerSecond: number
  /** Events per second that the aggregator takes, by what becomes of them. */
  readonly aggregatedPerSecond: Readonly<Record<string, number>>
}

/** A contender's events over all workloads. */
export interface EventTotals {
  readonly peer: string
  readonly told: number
  readonly dropped: number
}

export interface Participant {
  readonly name: string
  readonly version: string
  readonly description: string
  /** Its command line, and what its configuration says. */
  readonly configuration: string
}

export interface Report {
  readonly machine: Machine
  readonly loadAfter: readonly number[]
  /** How long the run has taken. */
  readonly minutes: number
  readonly origin: string
  readonly rounds: number
  readonly sessions: number
  readonly peers: readonly Participant[]
  readonly missing: readonly string[]
  readonly figures: Readonly<Record<string, readonly Figure[]>>
  readonly latency: readonly LatencyFigure[]
  readonly peaks: readonly { readonly peer: string; readonly megabytes: number }[]
  readonly idle: readonly IdleFigure[]
  readonly runtime: readonly RuntimeFigure[]
  readonly own: readonly OwnComparison[]
  readonly totals: readonly EventTotals[]
  readonly events: EventCosts | undefined
  readonly scaling: Scaling | undefined
  readonly simulation: Simulation | undefined
}
