/**
 * Limits of the LLM observer. No thread of its own.
 */

/** Octets of a request that are scanned for model and stream flag, 8 MiB: 10 ms at 880 MB/s, and the first 100 KiB nearly always do. */
export const LLM_REQUEST_BYTES = 8_388_608

/** Octets of a JSON response that are scanned for usage and stop reason, 16 MiB. */
export const LLM_RESPONSE_BYTES = 16_777_216

/** Events that an answer to an unknown path may send before its shape must have shown. */
export const LLM_SHAPE_EVENTS = 4
