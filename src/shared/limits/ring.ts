/**
 * Limits of the event rings. Capacities are octets and powers of two; shares are divisors of a ring's capacity, so that a
 * small ring in a test behaves as a large one in production. No thread of its own.
 */

/**
 * Data region of one ring. A typical event takes 100–800 octets, so 4 MiB hold some 10,000: ten milliseconds of a consumer
 * pause at 1 M events/s, or a full second at the 10,000 events/s that one busy shard makes.
 */
export const RING_CAPACITY_BYTES = 4 * 1024 * 1024

/** Positions are 32-bit and compared by wrapping subtraction: the capacity must stay well below 2³¹. */
export const RING_MAX_CAPACITY_BYTES = 1 << 30

/** The smallest ring whose shares (below) still hold every fixed-width payload. */
export const RING_MIN_CAPACITY_BYTES = 8 * 1024

/**
 * Ordinary events leave a quarter of the ring free, the terminal events of streams and exchanges an eighth; the rest is for
 * what ends a flow, and for flow contexts. An eighth of 4 MiB is some 4,000 terminal records of ≤ 128 octets.
 */
export const ORDINARY_RESERVE_DIVISOR = 4
export const STREAM_RESERVE_DIVISOR = 8

/**
 * Longest record, as a share of the capacity: 512 KiB of 4 MiB. Every field has its own share of that, so that a record
 * always fits: three eighths (192 KiB) for a field section or a captured body, one eighth (64 KiB, the default head limit)
 * for any other variable field. What is longer is cut, and the event says so (`truncated`).
 */
export const MAX_RECORD_DIVISOR = 8
export const MAX_BLOCK_SHARE = 3 / 8
export const MAX_STRING_SHARE = 1 / 8

/** A consumer gives room back after draining this share of the capacity, and at the end of the batch. */
export const RELEASE_DIVISOR = 16

/**
 * A ring that holds more than this share of its capacity calls its consumer from its rest: 1 MiB of 4, which leaves two thirds of what
 * ordinary events may fill (3 MiB) to the time that waking takes: 30 ms at 64 MB/s, what a shard tells at its utmost.
 */
export const ALARM_DIVISOR = 4
