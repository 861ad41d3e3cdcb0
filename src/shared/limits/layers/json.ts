/**
 * Limits of the JSON scanner and of what reads through it. No thread of its own.
 */

/** Containers within containers. JSON-RPC and LLM documents have below 30; a JSON Schema as tool input reaches 40. */
export const JSON_DEPTH = 256

/** Octets of one key that are compared, as sent (escapes and all). The longest key looked for has 52. */
export const JSON_KEY_BYTES = 256

/** Octets of one scalar that are kept: names, ids, URIs, error messages. Texts are not looked for. */
export const JSON_SCALAR_BYTES = 1_024

/** Octets of a body without other evidence that are scanned for JSON-RPC before it is left alone. */
export const JSON_RPC_SNIFF_BYTES = 65_536
