/**
 * Originates TLS to the origin, with the client's own ALPN offer (less what is disabled) and the client's SNI. Worker thread.
 */

import { X509Certificate } from 'node:crypto'
import { isIP, Socket } from 'node:net'
import { connect, type DetailedPeerCertificate, type SecureContext, TLSSocket } from 'node:tls'
import type { KnownSession } from '../origin/origin-sessions.ts'
import type { FailureEvidence, TlsFailure } from '../tls/failure/failure-evidence.ts'
import { classifyFailure } from '../tls/failure/failure-taxonomy.ts'
import { wasReset } from '../tls/failure/was-reset.ts'
import { judgeStaple, type OcspVerdict } from '../tls/verification/ocsp-verdict.ts'
import { checkIdentityNatively, checkServerIdentity } from '../tls/verification/server-identity.ts'
import { demandsStaple } from '../tls/verification/staple-demand.ts'
import { alpnList } from './alpn-list.ts'
import type { TlsTransport } from './gated-transport.ts'
import { HandshakeError } from './handshake-error.ts'

export interface OriginateOptions {
  /** What the origin's certificate must be for, where the client has asked for no name. */
  readonly host: string
  /** What the client asked for, and the certificate must be for; an IP address is never sent as SNI (RFC 6066 §3). */
  readonly sni: string | undefined
  readonly alpn: readonly string[]
  readonly context: SecureContext
  readonly verify: boolean
  /** A TLS session of this origin to resume, if one is known. */
  readonly session: KnownSession | undefined
  /** Called at the moment that the handshake is done and verified. */
  readonly onVerified: (secure: TLSSocket) => void
  readonly timeoutMs: number
}

export interface Originated {
  readonly secure: TLSSocket
  /** What the OCSP response says that the origin has stapled; undefined where it has stapled none. */
  readonly ocsp: OcspVerdict | undefined
}

/** Runs the client side of a handshake over `tcp`. Rejects with a `HandshakeError`. */
export function originate(tcp: TlsTransport, options: OriginateOptions): Promise<Originated> {
  const { host, sni, alpn, timeoutMs } = options
  const name = sni ?? (isIP(host) === 0 ? host : undefined)
  return new Promise((resolve, reject) => {
    const secure = connect({
      socket: tcp,
      host,
      ...(name === undefined ? {} : { servername: name }),
      ...(alpn.length === 0 ? {} : { ALPNProtocols: alpnList(alpn) }),
      secureContext: options.context,
      rejectUnauthorized: options.verify,
      checkServerIdentity,
      ...ASK_FOR_STAPLE,
      ...(options.session === undefined ? {} : { session: options.session.session }),
    })
    checkIdentityNatively(secure, options.session?.certificate)
    const fail = (evidence: Partial<FailureEvidence>) => {
      clearTimeout(deadline)
      const phase = tcp.bytesRead > 0 ? 'mid_handshake' : 'hello'
      secure.off('close', onClose).off('end', onEnd)
      secure.destroy()
      reject(new HandshakeError(upstreamFailure({ phase, ...evidence })))
    }
    // Asked while it ends: Node then makes one error of a FIN and of a RST that has met a write of ours. A fault's transport has no peer.
    const onEnd = () => {
      if (tcp instanceof Socket && wasReset(secure)) fail({ reset: true })
    }
    const onError = ({ code, message, syscall }: NodeJS.ErrnoException) =>
      fail({ code, message, syscall, certificate: secure.getPeerX509Certificate()?.raw })
    const onClose = () => fail({ ended: true })
    const deadline = setTimeout(() => fail({ timedOut: true }), timeoutMs)
    secure.prependOnceListener('end', onEnd).once('error', onError).once('close', onClose)
    let stapled: Stapled | undefined
    const onStaple = (response: Buffer | null) => {
      if (response !== null) stapled = { response, issuer: issuerOf(secure) }
    }
    secure.once('OCSPResponse', onStaple)
    secure.once('secureConnect', () => {
      const ocsp = stapled && verdict(secure, stapled)
      const refusal = options.verify ? stapleRefusal(secure, ocsp) : undefined
      if (refusal !== undefined) {
        fail(refusal)
        return
      }
      clearTimeout(deadline)
      options.onVerified(secure)
      // All that is left of this: what stays on the socket keeps everything here alive as long as the socket.
      secure.off('end', onEnd).off('error', onError).off('close', onClose).off('OCSPResponse', onStaple)
      // Until the relay attaches its own listeners. Node does not destroy a socket for an alert, and so would not keep the error.
      secure.on('error', destroyFor)
      resolve({ secure, ocsp })
    })
  })
}

/** Node's types know the option of the socket below only. */
const ASK_FOR_STAPLE = { requestOCSP: true }

interface Stapled {
  readonly response: Buffer
  readonly issuer: X509Certificate | undefined
}

/**
 * The certificate above the origin's, from its chain or from the roots. Only Node's object of all fields has the latter; it
 * has to be asked for before `getPeerX509Certificate`, which on Node 20 takes the chain apart.
 */
function issuerOf(secure: TLSSocket): X509Certificate | undefined {
  const { issuerCertificate } = TLSSocket.prototype.getPeerCertificate.call(secure, true) as Partial<DetailedPeerCertificate>
  return issuerCertificate === undefined ? undefined : new X509Certificate(issuerCertificate.raw)
}

/** OpenSSL reads no staples by itself: what this one says of the origin's certificate has to be asked. */
function verdict(secure: TLSSocket, { response, issuer }: Stapled): OcspVerdict {
  const leaf = secure.getPeerX509Certificate()
  return leaf === undefined ? 'invalid' : judgeStaple(response, leaf, issuer)
}

/** Why the origin is refused for what it staples, or does not; a resumed handshake shows no staple. */
function stapleRefusal(secure: TLSSocket, ocsp: OcspVerdict | undefined): Partial<FailureEvidence> | undefined {
  if (ocsp === 'revoked') return REVOKED
  if ((ocsp !== undefined && ocsp !== 'invalid') || secure.isSessionReused()) return undefined
  const leaf = secure.getPeerX509Certificate()
  if (leaf === undefined || !demandsStaple(leaf.raw)) return undefined
  return ocsp === undefined ? STAPLE_MISSING : STAPLE_INVALID
}

const REVOKED = { code: 'CERT_REVOKED', message: 'the OCSP response that the origin staples says so' } as const
const STAPLE_MISSING = {
  code: 'OCSP_STAPLE_MISSING',
  message: 'the certificate demands an OCSP response (RFC 7633), and the origin staples none',
} as const
const STAPLE_INVALID = {
  code: 'OCSP_STAPLE_INVALID',
  message: 'the certificate demands an OCSP response (RFC 7633), and what the origin staples cannot be believed',
} as const

/** Classifies a failure of the handshake with the origin; every end of one is a failure. */
export function upstreamFailure(evidence: Omit<FailureEvidence, 'side'>): TlsFailure {
  return classifyFailure({ side: 'upstream', ...evidence }) ?? UNKNOWN
}

const UNKNOWN: TlsFailure = {
  side: 'upstream',
  reason: 'other',
  subReason: 'unknown',
  alert: -1,
  phase: 'mid_handshake',
  source: 'inferred',
  detail: 'the handshake ended without a sign',
}

function destroyFor(this: TLSSocket, error: Error): void {
  this.destroy(error)
}
