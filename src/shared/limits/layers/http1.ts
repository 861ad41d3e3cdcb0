/**
 * Limits of the HTTP/1.1 layer. Each bounds what one connection can make us keep, or one message can make us parse; the check
 * stands before the copy. No thread of its own.
 */

/**
 * Octets of a message head or trailer section, start line to empty line. 64 KiB: above what servers take by default (Node
 * 16 KiB, nginx 4 × 8 KiB, Envoy 60 KiB), so that the origin's own answer is what a client normally meets. At most this much
 * is withheld per direction, and only while a head is split over socket reads.
 */
export const HEAD_BYTES = 65_536

/** Field lines of a head or trailer section. Envoy and Apache take 100; 16 offset octets each, so 4 KiB of offsets. */
export const HEAD_FIELDS = 256

/**
 * Requests sent ahead of their responses on one connection. At the bound the client is paused, not refused. Each costs one
 * small record (about 100 octets); clients that pipeline at all send a handful.
 */
export const PIPELINED_EXCHANGES = 64

/** Empty lines skipped before a request line: RFC 9112 §2.2 asks for "at least one"; more than a few is a probe. */
export const LEADING_EMPTY_LINES = 4

/** Digits of a Content-Length or chunk-size, leading zeros counted: 2^53 − 1 has 16 decimal and 14 hexadecimal digits. */
export const LENGTH_DIGITS = 16

/** Octets of one chunk line (size, extensions), its CRLF excluded (RFC 9112 §7.1.1: recipients ought to bound extensions). */
export const CHUNK_LINE_BYTES = 1_024
