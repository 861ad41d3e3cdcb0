/**
 * Limits of what a worker keeps of origins between sessions: parked connections and TLS sessions. No thread of its own.
 */

/**
 * Parked connections per worker. Each holds a descriptor (the session cap leaves room for them) and some 60 KB; a worker that
 * turns over 1,000 connections a second to one host needs about as many as are between two clients at once: a few dozen.
 */
export const PARKED_ORIGINS = 128
/** Of these, for one key: a single hot host must not keep the others from being parked. */
export const PARKED_ORIGINS_PER_KEY = 32
/**
 * How long a connection stays parked where the origin does not say (`Keep-Alive: timeout=`), ms. Well below the 5 s after which
 * Node and Apache close idle connections, the shortest of the common servers: a request that meets their FIN on the way would
 * be sent twice, and one that is not ours to repeat be lost (RFC 9110 §9.2.2).
 */
export const PARKED_ORIGIN_MS = 2_000
/** The longest, whatever the origin says, and how much earlier than it says, ms. */
export const PARKED_ORIGIN_MAX_MS = 30_000
export const PARKED_ORIGIN_MARGIN_MS = 1_500

/**
 * Octets of requests that are kept until the origin of a reused connection has said anything: one TLS record's worth (RFC 8446 §5.1), and
 * Node's limit for a whole head. What is longer is not sent again.
 */
export const UNANSWERED_OCTETS = 16_384

/** Contexts per worker: about a megabyte each, of roots. */
export const ORIGIN_CONTEXTS = 64

/** Keys (host, port, SNI, ALPN) whose TLS sessions are remembered per worker; with the tickets below, of about 2 KB, 8 MB at most. */
export const ORIGIN_SESSION_KEYS = 512
/**
 * Tickets per key. A ticket serves once (RFC 8446 §C.4) and a server sends two with each connection, but they come only with its
 * first bytes: this many connections to one host can begin at the same moment and all resume.
 */
export const ORIGIN_SESSION_TICKETS = 8
/** The longest that a session stands for the full handshake that it comes from, ms: the 24 hours that RFC 5246 §F.1.4 suggests. */
export const ORIGIN_SESSION_MS = 86_400_000

/** Names whose addresses are remembered per worker, and for how long, ms: `getaddrinfo` tells no lifetime. Some 200 octets each. */
export const LOOKUP_KEPT = 1_024
export const LOOKUP_KEPT_MS = 1_000
