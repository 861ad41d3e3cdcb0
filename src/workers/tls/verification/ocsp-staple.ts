/**
 * Takes a stapled OCSP response (RFC 6066 §8, RFC 6960 §4.2.1) apart. Pure; untrusted octets in, never a throw. It believes
 * nothing: ocsp-verdict.ts does.
 *
 *     OCSPResponse          SEQUENCE { responseStatus ENUMERATED, [0] { SEQUENCE { OID, OCTET STRING ──┐ } } }
 *     BasicOCSPResponse  ◀── SEQUENCE { tbsResponseData, algorithm, signature, [0] certs? } ◀─────────┘
 *     ResponseData          SEQUENCE { [0] version?, [1]|[2] responderID, GeneralizedTime, SEQUENCE OF SingleResponse }
 *     SingleResponse        SEQUENCE { certID, certStatus [0] good | [1] revoked | [2] unknown, thisUpdate, [0] nextUpdate?, … }
 *     CertID                SEQUENCE { SEQUENCE { OID }, name hash, key hash, serial number }
 *
 * Worker thread.
 */

import { OCSP_CERTIFICATES, OCSP_RESPONSES, OCSP_STAPLE_BYTES } from '../../../shared/limits/tls.ts'
import {
  type DerElement,
  firstChild,
  nextSibling,
  readElement,
  TAG_BIT_STRING,
  TAG_INTEGER,
  TAG_OCTET_STRING,
  TAG_OID,
  TAG_SEQUENCE,
} from '../x509/der-reader.ts'

export type StapleStatus = 'good' | 'revoked' | 'unknown'

export interface SingleResponse {
  /** Object identifiers are the hexadecimal of their DER. */
  readonly hashAlgorithm: string
  readonly nameHash: Buffer
  readonly keyHash: Buffer
  /** Hexadecimal, without leading zeros. */
  readonly serial: string
  readonly status: StapleStatus
  /** Milliseconds of the epoch. */
  readonly thisUpdate: number
  readonly nextUpdate: number | undefined
}

export interface Staple {
  readonly signed: Buffer
  readonly algorithm: string
  /** The hash that the parameters of an RSASSA-PSS signature name (RFC 4055 §3.1); without one they mean SHA-1. */
  readonly pssHash: string | undefined
  readonly signature: Buffer
  readonly certificates: readonly Buffer[]
  readonly responses: readonly SingleResponse[]
}

const TAG_ENUMERATED = 0x0a
const TAG_GENERALIZED_TIME = 0x18
const TAG_CONTEXT_0 = 0xa0
/** id-pkix-ocsp-basic 1.3.6.1.5.5.7.48.1.1 */
const BASIC_RESPONSE = '2b0601050507300101'
const STATUS_TAGS: ReadonlyMap<number, StapleStatus> = new Map([
  [0x80, 'good'],
  [0xa1, 'revoked'],
  // A responder that knows no reason may write an empty one as primitive.
  [0x81, 'revoked'],
  [0x82, 'unknown'],
])

/** The parts of a successful basic response; undefined where `bytes` is none. */
export function readStaple(bytes: Buffer): Staple | undefined {
  if (bytes.length > OCSP_STAPLE_BYTES) return undefined
  const basic = basicResponse(bytes)
  const [data, algorithm, signature, certificates] = basic === undefined ? [] : children(bytes, basic, 4)
  const id = algorithm && firstChild(bytes, algorithm)
  if (data?.tag !== TAG_SEQUENCE || id?.tag !== TAG_OID || signature?.tag !== TAG_BIT_STRING) return undefined
  const list = certificates?.tag === TAG_CONTEXT_0 ? firstChild(bytes, certificates) : undefined
  const responses = responsesOf(bytes, data)
  if (responses === undefined) return undefined
  return {
    signed: bytes.subarray(data.start, data.end),
    algorithm: hexOf(bytes, id),
    pssHash: pssHashOf(bytes, algorithm),
    // The first octet of a BIT STRING counts unused bits.
    signature: bytes.subarray(signature.value + 1, signature.end),
    certificates: list === undefined ? [] : children(bytes, list, OCSP_CERTIFICATES).map(({ start, end }) => bytes.subarray(start, end)),
    responses: children(bytes, responses, OCSP_RESPONSES).flatMap((single) => readSingle(bytes, single) ?? []),
  }
}

/** AlgorithmIdentifier { OID, RSASSA-PSS-params { [0] { SEQUENCE { OID, … } }, … } } */
function pssHashOf(bytes: Buffer, algorithm: DerElement | undefined): string | undefined {
  const [, parameters] = algorithm === undefined ? [] : children(bytes, algorithm, 2)
  const wrapper = parameters?.tag === TAG_SEQUENCE ? firstChild(bytes, parameters) : undefined
  const hash = wrapper?.tag === TAG_CONTEXT_0 ? firstChild(bytes, wrapper) : undefined
  const id = hash && firstChild(bytes, hash)
  return id?.tag === TAG_OID ? hexOf(bytes, id) : undefined
}

/** Hexadecimal as X509Certificate or DER has it, which writes one octet more where the highest bit is set. */
export function canonicalSerial(hex: string): string {
  return hex.toLowerCase().replace(/^0+/, '')
}

function basicResponse(bytes: Buffer): DerElement | undefined {
  const outer = readElement(bytes, 0, bytes.length)
  if (outer?.tag !== TAG_SEQUENCE) return undefined
  const [status, wrapper] = children(bytes, outer, 2)
  // responseStatus: 0 is successful, all others carry no response.
  if (status?.tag !== TAG_ENUMERATED || hexOf(bytes, status) !== '00' || wrapper?.tag !== TAG_CONTEXT_0) return undefined
  const responseBytes = firstChild(bytes, wrapper)
  const [type, octets] = responseBytes === undefined ? [] : children(bytes, responseBytes, 2)
  if (type?.tag !== TAG_OID || hexOf(bytes, type) !== BASIC_RESPONSE || octets?.tag !== TAG_OCTET_STRING) return undefined
  const basic = readElement(bytes, octets.value, octets.end)
  return basic?.tag === TAG_SEQUENCE ? basic : undefined
}

function responsesOf(bytes: Buffer, data: DerElement): DerElement | undefined {
  // Version, responder and time stand in front.
  const parts = children(bytes, data, 4)
  const responses = parts[parts.findIndex(({ tag }) => tag === TAG_GENERALIZED_TIME) + 1]
  return responses?.tag === TAG_SEQUENCE ? responses : undefined
}

function readSingle(bytes: Buffer, single: DerElement): SingleResponse | undefined {
  const [certId, state, since, next] = children(bytes, single, 4)
  const [algorithm, nameHash, keyHash, serial] = certId === undefined ? [] : children(bytes, certId, 4)
  const id = algorithm && firstChild(bytes, algorithm)
  const status = state && STATUS_TAGS.get(state.tag)
  const until = next?.tag === TAG_CONTEXT_0 ? firstChild(bytes, next) : undefined
  const thisUpdate = since && timeOf(bytes, since)
  const nextUpdate = until && timeOf(bytes, until)
  if (id?.tag !== TAG_OID || nameHash === undefined || keyHash === undefined || serial?.tag !== TAG_INTEGER) return undefined
  if (status === undefined || thisUpdate === undefined || (until !== undefined && nextUpdate === undefined)) return undefined
  return {
    hashAlgorithm: hexOf(bytes, id),
    nameHash: bytes.subarray(nameHash.value, nameHash.end),
    keyHash: bytes.subarray(keyHash.value, keyHash.end),
    serial: canonicalSerial(hexOf(bytes, serial)),
    status,
    thisUpdate,
    nextUpdate,
  }
}

/** GeneralizedTime as RFC 5280 §4.1.2.5.2 has it: YYYYMMDDHHMMSSZ. */
function timeOf(bytes: Buffer, { tag, value, end }: DerElement): number | undefined {
  const text = bytes.toString('latin1', value, end)
  if (tag !== TAG_GENERALIZED_TIME || !/^\d{14}Z$/.test(text)) return undefined
  const time = Date.parse(text.replace(/^(....)(..)(..)(..)(..)(..)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  return Number.isNaN(time) ? undefined : time
}

function hexOf(bytes: Buffer, { value, end }: DerElement): string {
  return bytes.toString('hex', value, end)
}

function children(bytes: Buffer, parent: DerElement, most: number): DerElement[] {
  const found: DerElement[] = []
  let element = firstChild(bytes, parent)
  for (; element !== undefined && found.length < most; element = nextSibling(bytes, parent, element)) found.push(element)
  return found
}
