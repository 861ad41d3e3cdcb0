/**
 * Time origins: how the clocks of several threads become one.
 *
 * `performance.now()` counts from each thread's own start, but all count the same monotonic clock. A ring has one origin,
 * for life; a producer adds its own constant shift to each time, so that a worker that replaces a lost one writes times that
 * fit those before. Wall time is derived from the monotonic clock, so it never steps back within a run. No thread of its own.
 */

export interface TimeOrigin {
  /** Milliseconds since the epoch at the origin. */
  readonly wallMs: number
  /** `process.hrtime.bigint()` at the origin. */
  readonly monoNs: bigint
}

const NS_PER_MS = 1e6

/** Readings of both clocks: a thread can lose its core for milliseconds between the two of one, but not of all. */
const READINGS = 32

const CLOCKS = { sinceStartMs: () => performance.now(), monoNs: () => process.hrtime.bigint() }

/** The origin of the calling thread: where its `performance.now()` is 0. */
export function threadOrigin(clocks = CLOCKS): TimeOrigin {
  let monoNs: bigint | undefined
  for (let n = 0; n < READINGS; n++) {
    const sinceStartNs = BigInt(Math.round(clocks.sinceStartMs() * NS_PER_MS))
    // Read later than the other clock, so never too small: what passed in between is the error.
    const readingNs = clocks.monoNs() - sinceStartNs
    if (monoNs === undefined || readingNs < monoNs) monoNs = readingNs
  }
  return { wallMs: performance.timeOrigin, monoNs: monoNs ?? 0n }
}

/** What to add to `thread`'s `performance.now()` to get milliseconds since `origin`. */
export function originShiftMs(thread: TimeOrigin, origin: TimeOrigin): number {
  return Number(thread.monoNs - origin.monoNs) / NS_PER_MS
}
