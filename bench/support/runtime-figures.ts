/**
 * RuntimeFigures: what Node itself tells of the thread that it runs in, between two calls: garbage collection, allocation, and how late the
 * event loop was. For processes of a benchmark whose work is on their main thread.
 */

import { type IntervalHistogram, monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'

export interface RuntimeUse {
  readonly seconds: number
  /** Milliseconds that collections have held the thread. */
  readonly gcMs: number
  readonly collections: number
  /** Octets on V8's heap; undefined before Node 24, which do not tell. */
  readonly allocated: number | undefined
  /** Milliseconds by which a timer of 1 ms came late. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number }
}

const RESOLUTION_MS = 1

export class RuntimeFigures {
  readonly #delay: IntervalHistogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  readonly #observer: PerformanceObserver
  #gcMs = 0
  #collections = 0
  #allocated = allocatedBytes()
  #started = performance.now()

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.#gcMs += duration
        this.#collections++
      }
    })
    this.#observer.observe({ entryTypes: ['gc'] })
    this.#delay.enable()
  }

  /** What has been since the last call, or since the beginning. */
  take(): RuntimeUse {
    const now = performance.now()
    const allocated = allocatedBytes()
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS)
    const use = {
      seconds: (now - this.#started) / 1_000,
      gcMs: this.#gcMs,
      collections: this.#collections,
      allocated: allocated === undefined || this.#allocated === undefined ? undefined : allocated - this.#allocated,
      delay: { p50: late(this.#delay.percentile(50)), p99: late(this.#delay.percentile(99)), max: late(this.#delay.max) },
    }
    this.#gcMs = 0
    this.#collections = 0
    this.#allocated = allocated
    this.#started = now
    this.#delay.reset()
    return use
  }
}

function allocatedBytes(): number | undefined {
  return (getHeapStatistics() as { readonly total_allocated_bytes?: number }).total_allocated_bytes
}
