/**
 * Bounds on the first head of a proxy connection, beside those that the operator sets (`limits.head_bytes`,
 * `limits.head_fields`, `limits.head_timeout_ms`).
 *
 * No thread of its own.
 */

/** Octets of a method. The longest registered one (UPDATEREDIRECTREF, IANA HTTP Method Registry) has 17; twice that, nearly. */
export const METHOD_MAX_BYTES = 32

/** Octets of a DNS name in text form without its trailing dot: 255 on the wire less two length octets (RFC 1035 §2.3.4). */
export const HOST_MAX_BYTES = 253

/** Octets of one label (RFC 1035 §2.3.4). */
export const HOST_LABEL_MAX_BYTES = 63

/** Characters of an IPv6 address in text form: 6 × `ffff:` and a dotted IPv4 address of 15 (RFC 4291 §2.2). */
export const IPV6_TEXT_MAX_BYTES = 45

/** Octets first allocated for a head. CONNECT heads of browsers and SDKs have 100–400; a slow head costs no more than this. */
export const HEAD_FIRST_ALLOCATION_BYTES = 512

/** Characters of `Proxy-Authorization` credentials looked at: 4 × 1,024 octets of user name and password in base64, and some. */
export const CREDENTIALS_MAX_BYTES = 6_144

/** Media ranges of `Accept` weighed for a refusal; browsers send up to 8. */
export const ACCEPT_RANGES_MAX = 32

/** Octets of detail (an origin's or a system's own words) quoted in a refusal. */
export const REFUSAL_DETAIL_MAX_CHARS = 512

/** Octets of a cleartext client's first line after which it can only be a request line: 16 × the 512 of SMTP and IRC. */
export const FIRST_LINE_BYTES = 8_192
