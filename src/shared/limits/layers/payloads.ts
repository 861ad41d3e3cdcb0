/**
 * Limits of the payload observers: NDJSON lines and msgpack values. Sizes stay exact beyond them; only what is kept, or
 * the observation itself, ends. No thread of its own.
 */

/** Octets of one NDJSON line that are kept, 256 KiB. Ollama's and logs' lines have below 4 KiB; a final statistics line some 20. */
export const LINE_BYTES = 262_144

/** Octets of one msgpack value that are kept for decoding, 256 KiB: 4 ms at 60 MB/s, on a shard. */
export const MSGPACK_VALUE_BYTES = 262_144

/** Containers within containers of a msgpack value. Real documents have below 20; the stack costs 8 octets a level. */
export const MSGPACK_DEPTH = 64
