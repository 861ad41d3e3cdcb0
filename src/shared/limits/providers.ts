/**
 * Limits of the provider door: lines, rates and tables. No thread of its own.
 */

/** Octets of one line: all fields at their bounds take under 6 KiB as JSON. */
export const PROVIDER_LINE_BYTES = 8_192
/** Characters of the free text `detail`, and of names such as a cipher's. */
export const PROVIDER_DETAIL_CHARACTERS = 1_024
export const PROVIDER_NAME_CHARACTERS = 255
/**
 * Lines taken per second and connection, and at once: mitmproxy makes about 80 connections a second on one core
 * (12 ms each), with at most six lines each; this is twice as much. A provider that writes faster waits in its socket.
 */
export const PROVIDER_LINES_PER_SECOND = 1_000
export const PROVIDER_LINES_AT_ONCE = 2_000
/** Providers connected at a time. */
export const PROVIDER_CONNECTIONS = 16
/** Flows open per provider connection; the oldest is closed for the next one. A provider that never closes any costs 4,096 × 0.5 KB. */
export const PROVIDER_FLOWS = 4_096
/** Octets of answers that wait for a provider which does not read them; further ones are left out. */
export const PROVIDER_ANSWER_BYTES = 65_536
