/**
 * WorkerCounters: the words that one worker writes. A worker that replaces a lost one goes on from its totals, so that they
 * never fall. Worker thread; one instance per worker.
 */

import {
  WORKER_GAUGES,
  WORKER_GAUGES_OFFSET,
  WORKER_TOTALS,
  WORKER_TOTALS_OFFSET,
  type WorkerGauge,
  type WorkerTotal,
  workerOffset,
} from './counters-descriptor.ts'

/** Place of each total; a property load instead of a search, for what is counted per chunk. */
const TOTAL_INDEX = Object.fromEntries(WORKER_TOTALS.map((name, index) => [name, index])) as Readonly<Record<WorkerTotal, number>>

export class WorkerCounters {
  readonly #totals: Float64Array
  readonly #gauges: Float64Array

  /** The block of `worker`, from 1. */
  constructor(memory: SharedArrayBuffer, worker: number) {
    const offset = workerOffset(worker)
    this.#totals = new Float64Array(memory, offset + WORKER_TOTALS_OFFSET, WORKER_TOTALS.length)
    this.#gauges = new Float64Array(memory, offset + WORKER_GAUGES_OFFSET, WORKER_GAUGES.length)
    this.#gauges.fill(0)
  }

  add(total: WorkerTotal, amount = 1): void {
    const index = TOTAL_INDEX[total]
    this.#totals[index] = (this.#totals[index] as number) + amount
  }

  set(gauge: WorkerGauge, value: number): void {
    this.#gauges[WORKER_GAUGES.indexOf(gauge)] = value
  }
}
