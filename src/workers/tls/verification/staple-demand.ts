/**
 * Whether a certificate demands that its server staples an OCSP response ("must-staple"). Pure. Worker thread.
 *
 *     TLS feature ::= SEQUENCE OF INTEGER        RFC 7633 §4.1, id-pe-tlsfeature 1.3.6.1.5.5.7.1.24; 5 is status_request
 *
 * The leaf that stands in the origin's place does not pass the demand on, for the engine staples nothing: so it is heeded here, or by
 * nobody.
 */

import {
  firstChild,
  nextSibling,
  readElement,
  TAG_BOOLEAN,
  TAG_INTEGER,
  TAG_OCTET_STRING,
  TAG_SEQUENCE,
  valueEquals,
} from '../x509/der-reader.ts'

/** The whole element, tag and length too, as which it stands in front of the extension's value. */
const TLS_FEATURE = Buffer.from([0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x01, 0x18])
const STATUS_REQUEST = [5]

/** `certificate`: its DER. Nearly none has the extension, so it is searched for before anything is parsed. */
export function demandsStaple(certificate: Buffer): boolean {
  const at = certificate.indexOf(TLS_FEATURE)
  if (at === -1) return false
  const next = readElement(certificate, at + TLS_FEATURE.length, certificate.length)
  const value = next?.tag === TAG_BOOLEAN ? readElement(certificate, next.end, certificate.length) : next
  const features = value?.tag === TAG_OCTET_STRING ? firstChild(certificate, value) : undefined
  if (features?.tag !== TAG_SEQUENCE) return false
  for (let one = firstChild(certificate, features); one !== undefined; one = nextSibling(certificate, features, one)) {
    if (one.tag === TAG_INTEGER && valueEquals(certificate, one, STATUS_REQUEST)) return true
  }
  return false
}
