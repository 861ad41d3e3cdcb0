/**
 * Limits and lifetimes of the certificates that the engine issues, and of what it copies from origins' certificates.
 *
 * One constant per limit, unit last, with its arithmetic and its source. No thread of its own.
 */

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** Issued certificates start this long ago: the largest clock error by a wrong time zone is 26 h, and CA clocks drift less. */
export const LEAF_BACKDATE_MS = 36 * HOUR_MS

/**
 * Whole life of a leaf: within the 47 d of CA/B Forum ballot SC-081v3 (from 2029) and Apple's 825 d, which some clients apply to
 * private roots too; 43.5 d of it lie ahead when it is issued.
 */
export const LEAF_LIFETIME_MS = 45 * DAY_MS

/** A cached leaf is replaced once this part of what lay ahead of it has passed: 29 of 43.5 d. */
export const LEAF_RENEWAL_FRACTION = 2 / 3

/** The CA starts before any leaf it will ever sign, for verifiers that want leaf lives nested in their issuer's. */
export const CA_BACKDATE_MS = 48 * HOUR_MS

/** Life of a created CA: 10 a, the field's custom (certificates.md 7.2); it is private, made on this machine and rotated by hand. */
export const CA_LIFETIME_MS = 3_650 * DAY_MS

/** A rotated CA certificate stays in the exports until no leaf signed by it can still be valid. */
export const CA_OVERLAP_MS = LEAF_LIFETIME_MS

/** Largest CA file or PKCS#12 read: a key and ten RSA-4096 certificates in PEM are under 40 KB. */
export const CA_FILE_LIMIT_BYTES = 1_048_576

/** A client certificate with its chain and key is some 10 KB. */
export const IDENTITY_FILE_BYTES = 1_048_576

/** Names in a leaf at most, the requested one included: public CAs allow 100; more only makes handshakes larger. */
export const LEAF_NAMES_LIMIT = 100

/** Octets of all names in a leaf at most: the leaf, near 600 octets without them, stays within TCP's initial window of 14,600 (RFC 6928). */
export const LEAF_NAMES_LIMIT_BYTES = 4_096

/** subjectAltName entries of an origin's certificate looked at, kept or not: ten times what may be kept. */
export const MIRROR_NAMES_SCANNED = 10 * LEAF_NAMES_LIMIT

/** Longest common name or organisation copied or issued: ub-common-name is 64 (RFC 5280 App. A.1), and some clients count a terminator. */
export const SUBJECT_FIELD_LIMIT_CHARS = 63

/** Longest host name: 255 octets on the wire (RFC 1035 §2.3.4) are 253 characters in text. */
export const DNS_NAME_LIMIT_CHARS = 253

/** Longest label (RFC 1035 §2.3.4). */
export const DNS_LABEL_LIMIT_CHARS = 63

/** How long one set of session ticket keys issues tickets, and the longest that a stolen set can decrypt. */
export const TICKET_KEY_PERIOD_MS = 12 * HOUR_MS

/** Life of a downstream session: two hours cover an agent's or a browser's working session; RFC 8446 §4.6.1 allows seven days. */
export const SESSION_LIFETIME_SECONDS = 7_200

/** Certificates of the system store and of extra files taken as trust anchors: distributions carry about 150. */
export const TRUST_ANCHORS_LIMIT = 4_096

/** Largest bundle file read: distributions' are near 250 KB. */
export const TRUST_FILE_LIMIT_BYTES = 16_777_216
