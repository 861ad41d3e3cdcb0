/**
 * What a stapled OCSP response (RFC 6066 §8, RFC 6960 §4.2.1) says of one certificate. Pure; untrusted octets in, never a throw.
 *
 *     OCSPResponse          SEQUENCE { responseStatus ENUMERATED, [0] { SEQUENCE { OID, OCTET STRING ──┐ } } }
 *     BasicOCSPResponse  ◀── SEQUENCE { tbsResponseData, … } ◀────────────────────────────────────────┘
 *     ResponseData          SEQUENCE { [0] version?, [1]|[2] responderID, GeneralizedTime, SEQUENCE OF SingleResponse }
 *     SingleResponse        SEQUENCE { certID { …, …, …, serialNumber }, certStatus [0] good | [1] revoked | [2] unknown, … }
 *
 * Signature and times are not looked at: nobody but the origin can put a staple into its handshake, and it has no reason to
 * call its own certificate revoked. What it says in its own favour changes nothing. Worker thread.
 */

import { OCSP_RESPONSES, OCSP_STAPLE_BYTES } from '../../shared/limits/tls.ts'
import {
  type DerElement,
  firstChild,
  nextSibling,
  readElement,
  TAG_INTEGER,
  TAG_OCTET_STRING,
  TAG_OID,
  TAG_SEQUENCE,
} from './der-reader.ts'

export type StapleStatus = 'good' | 'revoked' | 'unknown'

const TAG_ENUMERATED = 0x0a
const TAG_GENERALIZED_TIME = 0x18
const TAG_CONTEXT_0 = 0xa0
const STATUS_TAGS: ReadonlyMap<number, StapleStatus> = new Map([
  [0x80, 'good'],
  [0xa1, 'revoked'],
  // A responder that knows no reason may write an empty one as primitive.
  [0x81, 'revoked'],
  [0x82, 'unknown'],
])

/** The status of the certificate with `serial` (hexadecimal, as X509Certificate has it); undefined where the staple does not tell. */
export function stapleStatus(staple: Uint8Array, serial: string): StapleStatus | undefined {
  if (staple.length > OCSP_STAPLE_BYTES) return undefined
  const responses = singleResponses(staple)
  let single = responses === undefined ? undefined : firstChild(staple, responses)
  for (let n = 0; n < OCSP_RESPONSES && responses !== undefined && single !== undefined; n++) {
    const certId = child(staple, single, TAG_SEQUENCE)
    const status = certId === undefined ? undefined : nextSibling(staple, single, certId)
    if (certId !== undefined && status !== undefined && serialOf(staple, certId) === canonicalSerial(serial))
      return STATUS_TAGS.get(status.tag)
    single = nextSibling(staple, responses, single)
  }
  return undefined
}

/** The `responses` of the basic response inside. */
function singleResponses(bytes: Uint8Array): DerElement | undefined {
  const outer = readElement(bytes, 0, bytes.length)
  if (outer?.tag !== TAG_SEQUENCE) return undefined
  const status = child(bytes, outer, TAG_ENUMERATED)
  const wrapper = status === undefined ? undefined : nextSibling(bytes, outer, status)
  if (wrapper?.tag !== TAG_CONTEXT_0) return undefined
  const responseBytes = child(bytes, wrapper, TAG_SEQUENCE)
  const type = responseBytes === undefined ? undefined : child(bytes, responseBytes, TAG_OID)
  const octets = responseBytes === undefined || type === undefined ? undefined : nextSibling(bytes, responseBytes, type)
  if (octets?.tag !== TAG_OCTET_STRING) return undefined
  const basic = readElement(bytes, octets.value, octets.end)
  const data = basic?.tag === TAG_SEQUENCE ? child(bytes, basic, TAG_SEQUENCE) : undefined
  return data === undefined ? undefined : afterProducedAt(bytes, data)
}

function afterProducedAt(bytes: Uint8Array, data: DerElement): DerElement | undefined {
  let element = firstChild(bytes, data)
  // Version, responder, time: three at most stand in front.
  for (let n = 0; n < 3 && element !== undefined && element.tag !== TAG_GENERALIZED_TIME; n++) element = nextSibling(bytes, data, element)
  const responses = element?.tag === TAG_GENERALIZED_TIME ? nextSibling(bytes, data, element) : undefined
  return responses?.tag === TAG_SEQUENCE ? responses : undefined
}

/** The last of certID's four: hash algorithm, name hash, key hash, serial number. */
function serialOf(bytes: Uint8Array, certId: DerElement): string | undefined {
  let element = firstChild(bytes, certId)
  for (let n = 0; n < 3 && element !== undefined; n++) element = nextSibling(bytes, certId, element)
  if (element?.tag !== TAG_INTEGER) return undefined
  return canonicalSerial(Buffer.from(bytes.subarray(element.value, element.end)).toString('hex'))
}

/** Without leading zeros: DER writes one octet more where the highest bit is set. */
function canonicalSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+/, '')
}

function child(bytes: Uint8Array, parent: DerElement, tag: number): DerElement | undefined {
  const first = firstChild(bytes, parent)
  return first?.tag === tag ? first : undefined
}
