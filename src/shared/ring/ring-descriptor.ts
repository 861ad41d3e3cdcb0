/**
 * The memory layout of a ring: offsets only (after Agrona's OneToOneRingBuffer). No thread of its own.
 *
 *     ┌────────────── control, one cache line (64 B) per writer ──────────────┐┌── data, capacity = 2ⁿ ──┐
 *     │ 0 tail position (producer) │ 64 head position (consumer) │ 128 origins ││ records …               │
 *     │                                                        192 drop words ││                         │
 *     └───────────────────────────────────────────────────────────────────────┘└─────────────────────────┘
 *
 * Positions grow for ever; index = position & (capacity − 1). They are 32-bit words compared by wrapping subtraction, so
 * that they can be loaded and stored with one atomic operation.
 *
 *     record, aligned to 8 octets
 *      0      4      8
 *     ┌──────┬──────┬───────────────────────────────┐
 *     │length│ type │ body …                        │  length: whole record, header included, padding to 8 excluded
 *     └──────┴──────┴───────────────────────────────┘  type: PADDING_TYPE = skip to the data region's start
 *
 * A record is written with plain stores and published by one `Atomics.store` of the tail behind it. Where Agrona publishes
 * the length word, this ring publishes the tail: a worker that is killed in the middle of a claim leaves nothing half
 * written behind, `abort` costs nothing, stale lengths are never read, and the consumer loads one word per batch instead of
 * one per record (`docs/decisions/0003-ring-publishes-the-tail.md`).
 */

export const CACHE_LINE_BYTES = 64

export const TAIL_OFFSET = 0
export const HEAD_OFFSET = CACHE_LINE_BYTES
/** f64: wall clock at the ring's time origin, ms since the epoch; written once, by whoever makes the ring. */
export const WALL_ORIGIN_OFFSET = 2 * CACHE_LINE_BYTES
/** i64: monotonic clock (`process.hrtime`) at the ring's time origin, ns; written once, by whoever makes the ring. */
export const MONO_ORIGIN_OFFSET = 2 * CACHE_LINE_BYTES + 8
/** u32[64]: events dropped by event number, written by the producer. Slot 0: flow contexts. */
export const DROPS_OFFSET = 3 * CACHE_LINE_BYTES
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
