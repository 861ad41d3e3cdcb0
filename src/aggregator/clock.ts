/**
 * Clock: the time of events that the aggregator makes itself, on the same scale as those from the rings. Aggregator thread.
 *
 * Wall time is derived from the monotonic clock and the origin of the acceptor's ring, so that an event made here never
 * stands before one that the ring delivered earlier, whatever happens to the system's wall clock.
 */

import type { TimeOrigin } from '../shared/ring/time-origin.ts'

const NS_PER_MS = 1e6
const US_PER_MS = 1e3

export class Clock {
  readonly #origin: TimeOrigin

  constructor(origin: TimeOrigin) {
    this.#origin = origin
  }

  /** Milliseconds since the epoch, to the microsecond, as records have it. */
  wallMs(): number {
    const sinceOriginMs = Number(process.hrtime.bigint() - this.#origin.monoNs) / NS_PER_MS
    return Math.round((this.#origin.wallMs + sinceOriginMs) * US_PER_MS) / US_PER_MS
  }

  /** Monotonic nanoseconds, decimal. */
  monoNs(): string {
    return process.hrtime.bigint().toString()
  }
}
