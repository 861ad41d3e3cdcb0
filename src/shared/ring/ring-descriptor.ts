/**
 * The memory layout of a ring: offsets only (Agrona's OneToOneRingBuffer, in JavaScript). No thread of its own.
 *
 *     ┌──────────────── control, one cache line (64 B) per writer ────────────────┐┌── data, capacity = 2ⁿ ──┐
 *     │ 0 tail position (producer) │ 64 head position (consumer) │ 128 cached head │ 192 doorbell │ 256 …     │
 *
 * Positions grow for ever and are never wrapped; index = position & (capacity − 1). They are 32-bit words compared by
 * wrapping subtraction, so that they can be loaded and stored with one atomic operation.
 *
 *     record, aligned to 8 octets
 *      0      4      8
 *     ┌──────┬──────┬───────────────────────────────┐
 *     │length│ type │ body …                        │  length: 0 = not yet published; > 0 = whole record, header
 *     └──────┴──────┴───────────────────────────────┘  included, published last by one Atomics.store
 *                                                      type: PADDING_TYPE = skip; else the event number
 */

export const CACHE_LINE_BYTES = 64

export const TAIL_OFFSET = 0
export const HEAD_OFFSET = CACHE_LINE_BYTES
export const CACHED_HEAD_OFFSET = 2 * CACHE_LINE_BYTES
/** 1 while the consumer is parked in `Atomics.waitAsync` on this word. */
export const DOORBELL_OFFSET = 3 * CACHE_LINE_BYTES
/** f64: the producer's `performance.timeOrigin`, ms since the epoch; written once before the first record. */
export const WALL_ORIGIN_OFFSET = 4 * CACHE_LINE_BYTES
/** i64: `process.hrtime.bigint()` at the producer's time origin, ns; written once before the first record. */
export const MONO_ORIGIN_OFFSET = 4 * CACHE_LINE_BYTES + 8
/** u32[64]: events dropped by event number, written by the producer. */
export const DROPS_OFFSET = 5 * CACHE_LINE_BYTES
export const DROP_SLOTS = 64
export const CONTROL_BYTES = DROPS_OFFSET + DROP_SLOTS * 4

export const RECORD_ALIGNMENT = 8
export const RECORD_LENGTH_OFFSET = 0
export const RECORD_TYPE_OFFSET = 4
export const RECORD_BODY_OFFSET = 8
export const PADDING_TYPE = 0xffff

/** Octets of the `SharedArrayBuffer` for a ring whose data region has `capacity` octets (a power of two). */
export function ringBytes(capacity: number): number {
  return CONTROL_BYTES + capacity
}
