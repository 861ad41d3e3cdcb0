/**
 * Limits of the HTTP/2 layer: what one connection can make us keep, and how often it may do what costs more to answer than to
 * send. Over a limit of the second kind the sender gets GOAWAY with ENHANCE_YOUR_CALM. No thread of its own.
 */

/** What an integer of HPACK may come to: 2²⁸ − 1, as the longest form of nghttp2 and hyper; no block here is longer. */
export const HPACK_INTEGER_MAX = 268_435_455

/** Octets behind the prefix of an HPACK integer: four carry 28 bits, a fifth may pad. */
export const HPACK_INTEGER_OCTETS = 5

/**
 * The largest dynamic table followed per direction, 64 KiB: what Chromium and Firefox advertise. A larger one is lowered in the
 * SETTINGS frame that passes. With its arena a full table takes 128 KiB.
 */
export const HPACK_TABLE_BYTES = 65_536

/** The largest table that our own encoder keeps after an alteration: the protocol's default, 128 small fields. */
export const REENCODER_TABLE_BYTES = 4_096

/** SETTINGS_MAX_HEADER_LIST_SIZE kept by us where the operator sets none (`http2_max_header_list_size`): 64 KiB, as Envoy (60 KiB). */
export const HEADER_LIST_BYTES = 65_536

/**
 * Compressed octets of one header block, as a multiple of the list limit. A block within the limit is smaller than its list; up to
 * twice the limit it is still read, so that the request can be answered with 431 rather than the connection ended.
 */
export const HEADER_BLOCK_FACTOR = 2

/** CONTINUATION frames of one header block (CVE-2024-27316). Senders fill their frames: a 128 KiB block has 8. */
export const CONTINUATIONS_PER_BLOCK = 32

/** Octets of a SETTINGS frame: 64 parameters of 6 octets. Eight are registered for use; Chromium adds two of GREASE. */
export const SETTINGS_FRAME_BYTES = 384

/** SETTINGS frames whose acknowledgement has not come. Peers send one or two in a connection's life. */
export const UNACKNOWLEDGED_SETTINGS = 32

/** Streams open at once: 10,000 × about 200 octets are 2 MB. Origins advertise 100 to 256, some no limit at all. */
export const OPEN_STREAMS = 10_000

/** Streams that we have reset or answered, and of which late frames are swallowed, per side; the oldest is forgotten first. */
export const BURIED_STREAMS = 1_024

/**
 * What a client may go on to send of a request that we have answered, before it is asked to stop: 1 MiB, so that requests with a
 * large document get their answer whatever the client makes of a reset; 2 s, as the linger of a connection that we close.
 */
export const UNFINISHED_REQUEST_BYTES = 1_048_576
export const UNFINISHED_REQUEST_MS = 2_000

/** Requests at a time of which that is remembered; then the oldest is asked to stop. Origins allow 100 to 256 streams. */
export const UNFINISHED_REQUESTS = 256

/** Streams that a client is told it may have open where there is no origin: RFC 9113 §6.5.2 wants no fewer than 100. Each is answered at once. */
export const ABSENT_ORIGIN_STREAMS = 100

/** Octets of our own response bodies that wait for the client's window, of all streams, 1 MiB. Refusals have less than 4 KiB. */
export const SYNTHESISED_BYTES = 1_048_576

/**
 * Octets of frames of our own that wait for the end of a frame of the peer's, before what causes them is read no further, 64 KiB:
 * answers to 500 refused requests.
 */
export const WAITING_INSERT_BYTES = 65_536

/** A token bucket: `burst` at once, then `perSecond`. */
export interface FloodLimit {
  readonly burst: number
  readonly perSecond: number
}

/** RST_STREAM of streams that were not complete, and stream errors (CVE-2023-44487, CVE-2025-8671): node and nghttp2 take 1,000 and 33/s. */
export const RESET_FLOOD: FloodLimit = { burst: 1_000, perSecond: 100 }

/** SETTINGS, each of which asks for an acknowledgement (CVE-2019-9515). */
export const SETTINGS_FLOOD: FloodLimit = { burst: 100, perSecond: 5 }

/** PING, each of which asks for an answer (CVE-2019-9512). gRPC's bandwidth probes send one per round trip: 2,000/s on a LAN. */
export const PING_FLOOD: FloodLimit = { burst: 5_000, perSecond: 2_000 }

/** Frames that carry nothing: empty DATA or CONTINUATION without an end flag, unknown types (CVE-2019-9518). */
export const EMPTY_FRAME_FLOOD: FloodLimit = { burst: 1_000, perSecond: 100 }

/** PRIORITY and PRIORITY_UPDATE (CVE-2019-9513). Browsers send up to five per stream, so each stream opened adds `PRIORITIES_PER_STREAM`. */
export const PRIORITY_FLOOD: FloodLimit = { burst: 1_000, perSecond: 100 }
export const PRIORITIES_PER_STREAM = 8

/**
 * WINDOW_UPDATE. Each DATA frame of the other side allows `WINDOW_UPDATES_PER_DATA`: one of the stream, one of the connection, twice;
 * and two more for each 1,024 octets of it: readers give credit per read, Go's for each 4,096.
 */
export const WINDOW_UPDATE_FLOOD: FloodLimit = { burst: 4_000, perSecond: 500 }
export const WINDOW_UPDATES_PER_DATA = 4
export const WINDOW_UPDATES_PER_OCTET = 2 / 1_024

/**
 * Zero-window stall (CVE-2019-9517, slow read): this many streams, each without window for this long while the client sends other
 * frames. One paused download is normal; 64 that never moved for a minute hold the origin's memory.
 */
export const STALLED_STREAMS = 64
export const STALL_MS = 60_000

/** Octets of an ALTSVC frame that are read: an origin (253 and its scheme) and a list of a dozen alternatives take less than 1,024. */
export const ALTSVC_BYTES = 4_096
