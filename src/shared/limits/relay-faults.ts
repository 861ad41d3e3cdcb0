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

/** A held chunk costs an object and a view, some 200 octets: of one octet each, `HELD_BYTES` would cost 50 MB. */
export const HELD_CHUNKS = 4_096

/** Pieces that a turn of the event loop sends of one direction: a write costs some 10 µs, so others wait 2 ms at most. */
export const PIECES_PER_TURN = 200

/**
 * From the last octets to a reset of ours, ms. A client that polls both at once may be told of an end where there was a reset (libuv's
 * uv__stream_io on POLLHUP): so it gets the time to read.
 */
export const RESET_GAP_MS = 25
