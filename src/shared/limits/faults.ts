/**
 * Limits of altered bodies: what a fault can make us keep, and how long. No thread of its own.
 */

/**
 * HTTP/1.1: octets of a body whose end was sent early that are still read and dropped, so that the connection can go on. 64 KiB: a
 * longer rest is dearer than a new connection.
 */
export const DRAIN_BYTES = 65_536

/** How long that may take, ms: an event stream never ends by itself. */
export const DRAIN_MS = 1_000

/**
 * HTTP/2: octets of all altered streams of a direction that wait for their time, 4 MiB. At the bound the direction stands still, and
 * its other streams with it: TCP then holds the sender. Clients' stream windows are 64 KiB (Node) to 6 MiB (Chromium).
 */
export const HELD_STREAM_BYTES = 4_194_304

/**
 * Octets of an event, a message or its frames that a fault holds, to drop it, or to send it twice or later: 256 KiB; two where they
 * change places. An LLM's delta has 0.1–2 KiB, a whole snapshot some 100 KiB. What is longer passes, and the fault says so.
 */
export const HELD_MESSAGE_BYTES = 262_144

/** Faults that a client may ask for at once: as many as a rule may carry. */
export const MAX_CLIENT_FAULTS = 16
