/**
 * Bounds on what the faults of a relay hold. No thread of its own.
 */

/**
 * Octets of one direction that a fault which delays holds, beside as many in the stream's own buffer; beyond it the sender is not
 * read. Half a megabyte in all: 100 ms at 5 MB/s. Only flows with such a fault pay.
 */
export const HELD_BYTES = 262_144

/** Pieces that a limited bandwidth sends per second, so that octets flow instead of coming in lumps. */
export const BANDWIDTH_PIECES_PER_SECOND = 20

/** A held piece costs an object and a view, some 200 octets: of one octet each, `HELD_BYTES` would cost 50 MB. */
export const HELD_PIECES = 4_096
