/**
 * Decodes the body of one complete ClientHello (RFC 8446 §4.1.2, RFC 5246 §7.4.1.2). Pure. Worker thread.
 *
 *     legacy_version  random  session_id<0..32>  cipher_suites<2..>  compression<1..>  extensions<0..>
 *         u16          32 B     u8 + n              u16 + 2n             u8 + n           u16 + n × (u16 type, u16 + body)
 *
 * Strict where two readers could see two hellos (lengths; extensions read here that are there twice), as the decision to
 * intercept hangs on what is read; lenient about all else, which is for the TLS stack behind us to judge.
 */

import { CLIENT_HELLO_VIOLATIONS } from '../../../shared/violations/client-hello.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import { HANDSHAKE_HEADER_BYTES } from '../records/record.ts'
import type { ClientHello, EchForm } from './client-hello.ts'
import {
  ALPN,
  EARLY_DATA,
  EC_POINT_FORMATS,
  ENCRYPTED_CLIENT_HELLO,
  KEY_SHARE,
  PRE_SHARED_KEY,
  RANDOM_BYTES,
  SERVER_NAME,
  SESSION_ID_BYTES,
  SESSION_TICKET,
  SIGNATURE_ALGORITHMS,
  SIGNATURE_ALGORITHMS_CERT,
  STATUS_REQUEST,
  SUPPORTED_GROUPS,
  SUPPORTED_VERSIONS,
} from './hello-layout.ts'
import { OctetReader } from './octet-reader.ts'
import { NO_SERVER_NAME, type ServerName, serverName } from './server-name.ts'

/** The types that `decodeExtension` reads. */
const READ: ReadonlySet<number> = new Set([
  SERVER_NAME,
  STATUS_REQUEST,
  SUPPORTED_GROUPS,
  EC_POINT_FORMATS,
  SIGNATURE_ALGORITHMS,
  ALPN,
  SESSION_TICKET,
  PRE_SHARED_KEY,
  EARLY_DATA,
  SUPPORTED_VERSIONS,
  SIGNATURE_ALGORITHMS_CERT,
  KEY_SHARE,
  ENCRYPTED_CLIENT_HELLO,
])

const HOST_NAME_TYPE = 0
const ECH_OUTER = 0

type Draft = { -readonly [Field in keyof ClientHello]: ClientHello[Field] }

/** Decodes `bytes[start, end)`, the body without the handshake header. */
export function decodeClientHello(bytes: Uint8Array, start: number, end: number): ClientHello | Violation {
  const reader = new OctetReader(bytes, start, end)
  const draft = emptyDraft(reader.u16(), HANDSHAKE_HEADER_BYTES + end - start)
  reader.skip(RANDOM_BYTES)
  const sessionId = reader.vector(1)
  draft.sessionIdPresent = sessionId.left > 0
  const suites = reader.vector(2)
  if (suites.left < 2 || sessionId.left > SESSION_ID_BYTES) return CLIENT_HELLO_VIOLATIONS.client_hello_malformed
  draft.cipherSuites = suites.rest16()
  const compression = reader.vector(1)
  if (compression.left < 1 || suites.short || reader.short) return CLIENT_HELLO_VIOLATIONS.client_hello_malformed

  // Up to TLS 1.2 the extensions may be left out altogether (RFC 5246 §7.4.1.2).
  if (reader.left === 0) return draft
  const extensions = reader.vector(2)
  if (reader.short || reader.left > 0) return CLIENT_HELLO_VIOLATIONS.client_hello_malformed
  return decodeExtensions(extensions, draft)
}

function decodeExtensions(reader: OctetReader, draft: Draft): ClientHello | Violation {
  const types: number[] = []
  while (reader.left > 0) {
    const type = reader.u16()
    const body = reader.vector(2)
    if (reader.short) return CLIENT_HELLO_VIOLATIONS.client_hello_malformed
    // Linear all the same: the second of a type that is read ends the loop, so `includes` runs once for each such type.
    if (READ.has(type)) {
      if (types.includes(type)) return CLIENT_HELLO_VIOLATIONS.client_hello_extension_twice
      if (!decodeExtension(type, body, draft)) return CLIENT_HELLO_VIOLATIONS.client_hello_malformed
    }
    types.push(type)
  }
  draft.extensions = types
  return draft
}

/** Reads an extension of `READ`. False where the body does not hold what its lengths say. */
function decodeExtension(type: number, body: OctetReader, draft: Draft): boolean {
  switch (type) {
    case SERVER_NAME: {
      const { form, name } = decodeServerName(body)
      draft.sniForm = form
      draft.sni = name
      return !body.short
    }
    case STATUS_REQUEST:
      draft.ocspRequested = true
      return true
    case SUPPORTED_GROUPS:
      draft.groups = list16(body, 2)
      break
    case EC_POINT_FORMATS: {
      const formats = body.vector(1)
      draft.pointFormats = formats.rest8()
      break
    }
    case SIGNATURE_ALGORITHMS:
      draft.signatureAlgorithms = list16(body, 2)
      break
    case SIGNATURE_ALGORITHMS_CERT:
      draft.certificateSignatureAlgorithms = list16(body, 2)
      break
    case ALPN:
      draft.alpn = decodeAlpn(body)
      break
    case SESSION_TICKET:
      draft.ticketPresent = body.left > 0
      return true
    case PRE_SHARED_KEY:
      draft.pskOffered = true
      return true
    case EARLY_DATA:
      draft.earlyDataOffered = true
      return true
    case SUPPORTED_VERSIONS:
      draft.supportedVersions = list16(body, 1)
      break
    case KEY_SHARE:
      draft.keyShareGroups = decodeKeyShare(body)
      break
    case ENCRYPTED_CLIENT_HELLO:
      draft.ech = decodeEch(body)
      return true
    default:
      return true
  }
  return !body.short && body.left === 0
}

/** A vector of 16-bit values, its own length in `lengthOctets`. An odd length marks the body as short. */
function list16(body: OctetReader, lengthOctets: 1 | 2): number[] {
  const list = body.vector(lengthOctets)
  const values = list.rest16()
  if (list.short) body.short = true
  return values
}

/** ServerNameList: the first host_name counts; RFC 6066 §3 allows one of each type. An empty body is a server's, not a name. */
function decodeServerName(body: OctetReader): ServerName {
  if (body.left === 0) return NO_SERVER_NAME
  const list = body.vector(2)
  let found: ServerName | undefined
  while (list.left > 0) {
    const type = list.u8()
    const name = list.vector(2)
    if (list.short) break
    if (type === HOST_NAME_TYPE) found ??= serverName(name.restText())
  }
  if (list.short || body.left > 0) body.short = true
  return found ?? NO_SERVER_NAME
}

function decodeAlpn(body: OctetReader): string[] {
  const list = body.vector(2)
  const protocols: string[] = []
  while (list.left > 0) protocols.push(list.vector(1).restText())
  if (list.short) body.short = true
  return protocols
}

function decodeKeyShare(body: OctetReader): number[] {
  const list = body.vector(2)
  const groups: number[] = []
  while (list.left > 0) {
    groups.push(list.u16())
    list.vector(2)
  }
  if (list.short) body.short = true
  return groups
}

function decodeEch(body: OctetReader): EchForm {
  return body.u8() === ECH_OUTER ? 'outer' : 'inner'
}

function emptyDraft(legacyVersion: number, size: number): Draft {
  return {
    sni: undefined,
    sniForm: 'absent',
    alpn: [],
    legacyVersion,
    supportedVersions: [],
    cipherSuites: [],
    extensions: [],
    signatureAlgorithms: [],
    certificateSignatureAlgorithms: [],
    groups: [],
    pointFormats: [],
    keyShareGroups: [],
    sessionIdPresent: false,
    ticketPresent: false,
    pskOffered: false,
    earlyDataOffered: false,
    ocspRequested: false,
    ech: 'absent',
    size,
  }
}
