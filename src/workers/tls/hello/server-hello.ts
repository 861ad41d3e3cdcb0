/**
 * ServerHello: what the server chose, as far as it says so in clear (RFC 8446 §4.1.3, RFC 5246 §7.4.1.3). Pure. Worker thread.
 *
 *     legacy_version  random  session_id_echo<0..32>  cipher_suite  compression  extensions<0..>
 *         u16          32 B         u8 + n                u16           u8        u16 + n × (u16 type, u16 + body)
 */

import { TLS_RECORD_VIOLATIONS } from '../../../shared/violations/tls-record.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import { ALPN, PRE_SHARED_KEY, RANDOM_BYTES, SESSION_ID_BYTES, SUPPORTED_VERSIONS } from './hello-layout.ts'
import { OctetReader } from './octet-reader.ts'
import { TLS_1_3 } from './tls-version.ts'

export interface ServerHello {
  /** The version chosen: supported_versions where it is there, else the legacy field. */
  readonly version: number
  readonly cipherSuite: number
  /** Up to TLS 1.2; in TLS 1.3 the choice is encrypted, and this is `undefined`. */
  readonly alpn: string | undefined
  /** TLS 1.3: the server took a pre-shared key of the client. Earlier versions show resumption by what they leave out. */
  readonly pskAccepted: boolean
  /** RFC 8446 §4.1.4: not an answer but the demand for another ClientHello. */
  readonly retryRequest: boolean
}

/** Drafts of TLS 1.3 number themselves 0x7f00 + draft. */
const DRAFT = 0x7f00

/** SHA-256 of "HelloRetryRequest", which such a message has for its random (RFC 8446 §4.1.3). */
const RETRY_RANDOM = Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex')

export function decodeServerHello(bytes: Uint8Array, start: number, end: number): ServerHello | Violation {
  const reader = new OctetReader(bytes, start, end)
  let version = reader.u16()
  const retryRequest = RETRY_RANDOM.equals(bytes.subarray(reader.at, Math.min(end, reader.at + RANDOM_BYTES)))
  reader.skip(RANDOM_BYTES)
  const sessionId = reader.vector(1)
  const cipherSuite = reader.u16()
  reader.skip(1)
  if (reader.short || sessionId.left > SESSION_ID_BYTES) return TLS_RECORD_VIOLATIONS.tls_record_server_hello_malformed

  let alpn: string | undefined
  let pskAccepted = false
  // RFC 5246 §7.4.1.3: without extensions the block is left out.
  const extensions = reader.left === 0 ? reader : reader.vector(2)
  while (extensions.left > 0) {
    const type = extensions.u16()
    const body = extensions.vector(2)
    if (type === SUPPORTED_VERSIONS) version = body.u16()
    else if (type === PRE_SHARED_KEY) pskAccepted = true
    else if (type === ALPN) alpn = body.vector(2).vector(1).restText()
    if (body.short) extensions.short = true
  }
  if (extensions.short || reader.short || reader.left > 0) return TLS_RECORD_VIOLATIONS.tls_record_server_hello_malformed
  return { version, cipherSuite, alpn, pskAccepted, retryRequest }
}

/** Whether a version number means TLS 1.3, or a draft of it. */
export function isTls13(version: number): boolean {
  return version === TLS_1_3 || version >> 8 === DRAFT >> 8
}
