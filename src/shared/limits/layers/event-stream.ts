/**
 * Limits of the event stream observer (WHATWG HTML §9.2). Over a limit only the *kept* octets end; sizes stay exact, the
 * event is reported as truncated and the next one is whole again. No thread of its own.
 */

/**
 * Octets of one event's data that are kept, 1 MiB. An LLM's text delta has 0.1–2 KiB, a whole Responses snapshot
 * (`response.completed`) some 100 KiB; what is larger is a base64 image, of which a prefix says as much.
 */
export const EVENT_DATA_BYTES = 1_048_576

/** Octets kept of an `event` field. The longest names in use (`response.code_interpreter_call_code.delta`) have 43. */
export const EVENT_TYPE_BYTES = 256

/** Octets kept of an `id` field. MCP servers put a stream key and a counter or a UUID (36) into it; some a JSON cursor. */
export const EVENT_ID_BYTES = 1_024

/** The largest reconnection time reported, ms: 2⁵³ − 1, beyond which digits add nothing. */
export const RETRY_MAX_MS = Number.MAX_SAFE_INTEGER
