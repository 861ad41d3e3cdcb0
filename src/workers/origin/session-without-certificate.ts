/**
 * A TLS session as OpenSSL writes it, without the certificate of its peer. Pure. Worker thread.
 *
 *     SSL_SESSION ::= SEQUENCE { INTEGER, INTEGER, OCTET STRING × 3, [0] …, [1] time, [2] timeout, [3] EXPLICIT Certificate, [4] … }
 *                                                                                              └─ left out (OPTIONAL)
 *
 * Whoever resumes a session gives it to OpenSSL in this form (`i2d_SSL_SESSION`), and OpenSSL parses all of it, the certificate with
 * its public key first: most of what giving it costs. A resumed handshake shows no certificate (RFC 8446 §2.2) and asks for none; the one
 * of the full handshake is kept beside the session as it is. For TLS 1.3 only: up to 1.2 Node takes a handshake without a certificate for
 * one that was not verified.
 */

import { type DerElement, firstChild, nextSibling, readElement, TAG_SEQUENCE } from '../tls/x509/der-reader.ts'

/** `[3] EXPLICIT`, constructed. */
const PEER = 0xa3
/** What a SEQUENCE header with two octets of length can say. */
const MAX_LENGTH = 0xffff

/**
 * What Node puts in front since 26: this, the length of a name in two octets, and the name that the origin was verified for; it
 * resumes with that name only.
 */
const ENVELOPE = Buffer.from('\0nodejs:tls:session:1\0')

/** `session` as it came where it has no certificate, or is not of the form above. */
export function sessionWithoutCertificate(session: Buffer): Buffer {
  const start = startOf(session)
  const whole = readElement(session, start, session.length)
  if (whole === undefined || whole.tag !== TAG_SEQUENCE || whole.end !== session.length || session.length > MAX_LENGTH) return session
  let field: DerElement | undefined = firstChild(session, whole)
  while (field !== undefined && field.tag !== PEER) field = nextSibling(session, whole, field)
  if (field === undefined) return session
  const length = whole.end - whole.value - (field.end - field.start)
  const header = Buffer.of(TAG_SEQUENCE, 0x82, length >> 8, length & 0xff)
  return Buffer.concat([session.subarray(0, start), header, session.subarray(whole.value, field.start), session.subarray(field.end)])
}

/** Where OpenSSL's own octets begin. */
function startOf(session: Buffer): number {
  const name = ENVELOPE.length + 2
  if (session.length < name || !session.subarray(0, ENVELOPE.length).equals(ENVELOPE)) return 0
  return name + session.readUInt16BE(ENVELOPE.length)
}
