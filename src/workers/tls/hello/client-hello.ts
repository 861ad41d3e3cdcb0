/**
 * ClientHello: what a client's first message says (RFC 8446 §4.1.2), as plain values that outlive the bytes.
 *
 * Lists are as sent, in order, GREASE values (RFC 8701) included: a fingerprint or a decision leaves them out with
 * `isGrease`. Made by `client-hello-decoder.ts`. Worker thread.
 */

/** What the server_name extension holds: RFC 6066 §3 allows a DNS name only, clients do send other things. */
export type SniForm = 'absent' | 'name' | 'ip' | 'invalid'

/** The encrypted_client_hello extension (RFC 9849 §5): `outer` on the wire, also where it is GREASE; `inner` never should be. */
export type EchForm = 'absent' | 'outer' | 'inner'

export interface ClientHello {
  /** server_name in lower case, without a final dot; `undefined` unless `sniForm` is `name`. */
  readonly sni: string | undefined
  readonly sniForm: SniForm
  /** Protocols offered, Latin-1 for each octet string. */
  readonly alpn: readonly string[]
  readonly legacyVersion: number
  /** supported_versions; empty where the extension is absent. */
  readonly supportedVersions: readonly number[]
  readonly cipherSuites: readonly number[]
  /** Extension types in order. */
  readonly extensions: readonly number[]
  readonly signatureAlgorithms: readonly number[]
  /** signature_algorithms_cert (RFC 8446 §4.2.3); empty where absent, then the above rules certificates as well. */
  readonly certificateSignatureAlgorithms: readonly number[]
  readonly groups: readonly number[]
  readonly pointFormats: readonly number[]
  /** Groups for which a key share is already there. */
  readonly keyShareGroups: readonly number[]
  /** TLS 1.3 clients send a made-up id for compatibility (RFC 8446 §D.4): no sign of resumption with them. */
  readonly sessionIdPresent: boolean
  /** A session ticket (RFC 5077) with octets in it: the client would resume, up to TLS 1.2. */
  readonly ticketPresent: boolean
  /** pre_shared_key: the client would resume, in TLS 1.3. */
  readonly pskOffered: boolean
  readonly earlyDataOffered: boolean
  /** status_request: the client would like an OCSP staple. */
  readonly ocspRequested: boolean
  readonly ech: EchForm
  /** Octets of the handshake message, its header of four included. */
  readonly size: number
}
