/**
 * Limits of the TLS readers (ClientHello parser, record tracker) and of bypass learning. No thread of its own.
 */

/** Octets of one TLS plaintext record: 2¹⁴ (RFC 8446 §5.1). */
export const TLS_PLAINTEXT_BYTES = 16_384

/** Octets of one protected record: 2¹⁴ + 2048, the larger of the two rules (RFC 5246 §6.2.3; RFC 8446 §5.2 allows 2¹⁴ + 256). */
export const TLS_CIPHERTEXT_BYTES = TLS_PLAINTEXT_BYTES + 2048

/**
 * Octets of a ClientHello's body. The largest hellos in use are 2 KiB (post-quantum key shares, ECH); OpenSSL itself refuses
 * one above 131,396. 16 KiB is what one full record could carry.
 */
export const CLIENT_HELLO_BYTES = 16_384

/**
 * Octets on the wire that a ClientHello of the greatest length can take, so what whoever keeps the raw bytes must be ready to
 * hold: every octet of it (4 of header) in a record of its own, 5 + 1 each. 16,388 × 6 = 98,328.
 */
export const CLIENT_HELLO_WIRE_BYTES = (CLIENT_HELLO_BYTES + 4) * 6

/**
 * Octets of the lists of a ClientHello, two for each value and two for the length of each of the six lists, and the legacy version:
 * a list of single octets, as long as the hello, takes twice its room.
 */
export const HELLO_LIST_BYTES: number = 2 * CLIENT_HELLO_BYTES + 16

/** Kinds of ClientHello whose fingerprints are remembered per worker, of about 0.5 KB each: some ten kinds make up most traffic. */
export const HELLO_FINGERPRINTS = 256

/** Octets of a ServerHello's body: those in use stay below 1.3 KiB (a post-quantum key share is 1,120). */
export const SERVER_HELLO_BYTES = 4096

/** Octets of a host name in text, without a final dot (RFC 1035 §2.3.4: 255 on the wire are 253 in text). */
export const HOST_NAME_BYTES = 253

/** Octets of one label of a host name (RFC 1035 §2.3.4). */
export const HOST_LABEL_BYTES = 63

/** Outcomes that bypass learning can look back at: the bits of one integer. */
export const MAX_LEARNING_WINDOW = 32

/** Octets of a stapled OCSP response: usual ones have 0.5 KB, with the responder's certificate 2 KB. */
export const OCSP_STAPLE_BYTES = 65_536
/** Single responses looked through in one: a responder answers for the one certificate that it was asked about. */
export const OCSP_RESPONSES = 64
/** Certificates looked through in one: the responder's, and perhaps its chain. */
export const OCSP_CERTIFICATES = 4
/** How far the responder's clock may differ from ours. */
export const OCSP_SKEW_MS = 300_000
/** How long a response without nextUpdate is believed, 7 days: the usual validity of those that have one. */
export const OCSP_AGE_MS: number = 7 * 86_400_000

/** The longest life of a learned bypass, 30 days: what a client trusts changes with its next release. */
export const MAX_BYPASS_TTL_MS: number = 30 * 86_400_000

/**
 * Octets read from a client before its TLS begins: the longest hello on the wire, and then early data (RFC 8446 §2.3) as
 * far as one read goes. What comes beyond waits in the kernel.
 */
export const EARLY_BYTES: number = CLIENT_HELLO_WIRE_BYTES + 65_536
