/**
 * Limits of the WebSocket observer. Frames and messages of any size are relayed and counted; these bound what is kept of
 * them. No thread of its own.
 */

/** Octets of one message's payload that a handler may ask to see, 1 MiB: an LLM realtime audio message has 10–100 KiB. */
export const CAPTURED_MESSAGE_BYTES = 1_048_576

/** Octets of one compressed message that are kept for inflating, 256 KiB: 0.5 ms of inflating stored blocks, 2 ms of dense ones. */
export const COMPRESSED_MESSAGE_BYTES = 262_144

/**
 * Octets that inflating one message may give, 1 MiB: it happens synchronously on a shard, and at the 300–1,000 MB/s that
 * zlib gives, 1 MiB is 1–3.5 ms.
 */
export const INFLATED_MESSAGE_BYTES = 1_048_576

/** Parts of one compressed message that end in a final block and are inflated each by itself, 16: 0.5 ms, where an empty one has 2 octets. */
export const FINAL_BLOCKS_PER_MESSAGE = 16

/** Base-2 logarithm of the LZ77 window that context takeover carries from message to message, where less is not agreed: RFC 7692 §7.1.2. */
export const DEFLATE_WINDOW_BITS = 15

/** Payload of a control frame, RFC 6455 §5.5. */
export const CONTROL_PAYLOAD_BYTES = 125

/** Octets unmasked at a time: one TLS record's worth, so that the scratch buffer stays in the L1/L2 cache. */
export const UNMASK_SCRATCH_BYTES = 16_384

/** Characters of a Sec-WebSocket-Extensions value that are read; offers in use have below 200. */
export const EXTENSIONS_CHARACTERS = 4_096
