/**
 * Limits of the MCP observer. No thread of its own.
 */

/** Requests of one session that wait for their answer. A client that has 1,024 open has lost count; the oldest is forgotten. */
export const PENDING_REQUESTS = 1_024

/** Sessions whose requests are remembered across exchanges, per worker. At some 200 octets each plus what waits. */
export const MCP_SESSIONS = 4_096

/** Messages of one exchange that are kept while it is not yet clear whether they are MCP. */
export const UNDECIDED_MESSAGES = 16
