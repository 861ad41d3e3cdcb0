/**
 * Terminates TLS towards the client: the half of the interception that the client sees. Worker thread.
 */

import { type SecureContext, TLSSocket } from 'node:tls'
import { DownstreamSignals } from '../tls/failure/downstream-signals.ts'
import type { TlsFailure } from '../tls/failure/failure-evidence.ts'
import { classifyFailure } from '../tls/failure/failure-taxonomy.ts'
import { alpnList } from './alpn-list.ts'
import type { TlsTransport } from './gated-transport.ts'
import { HandshakeError } from './handshake-error.ts'

export interface TerminateOptions {
  readonly context: SecureContext
  /** Exactly the protocol that the origin chose, or `undefined` when it chose none: ALPN is mirrored. */
  readonly alpn: string | undefined
  /** Ask for a certificate of the client's, which it may leave out, and which is not verified. */
  readonly requestsCertificate: boolean
  readonly timeoutMs: number
  /** The first octet of the client that could be decrypted: it has taken our certificate. */
  readonly onTrusted: () => void
  /** The client shows after a completed handshake that it does not take our certificate: an alert, or a silent close. */
  readonly onLateFailure: (failure: TlsFailure) => void
}

/** Runs the server side of a handshake on `client`, whose ClientHello has been unshifted into it. Rejects with a `HandshakeError`. */
export function terminate(client: TlsTransport, options: TerminateOptions): Promise<TLSSocket> {
  const { context, alpn, requestsCertificate, timeoutMs, onTrusted, onLateFailure } = options
  return new Promise((resolve, reject) => {
    const secure = new TLSSocket(client, {
      isServer: true,
      secureContext: context,
      ...(requestsCertificate ? REQUEST_CERTIFICATE : {}),
      ...(alpn === undefined ? {} : { ALPNProtocols: alpnList([alpn]) }),
    })
    const fail = (failure: TlsFailure) => {
      settle()
      secure.destroy()
      reject(new HandshakeError(failure))
    }
    const signals = new DownstreamSignals(secure, client, fail)
    const onClose = () => fail(ENDED)
    const onSecure = () => {
      settle()
      // From here on nothing refers to this handshake any more: idle connections would keep it.
      signals.onFailure = onLateFailure
      secure.once('data', (bytes: Buffer) => {
        signals.received(bytes.length)
        onTrusted()
      })
      secure.on('_tlsError', endReading)
      // A 'data' listener starts the flow; the relay starts it when both sides are ready.
      secure.pause()
      resolve(secure)
    }
    const deadline = setTimeout(() => signals.timedOut(), timeoutMs)
    const settle = () => {
      clearTimeout(deadline)
      secure.off('close', onClose).off('secure', onSecure)
    }
    secure.on('close', onClose).on('secure', onSecure)
  })
}

/**
 * RFC 8446 §6.2: whoever receives a fatal alert "MUST immediately close the connection". Node keeps it open where no `tls.Server` owns
 * it; nothing more can be read of it, and so it ends as if the client had ended it.
 */
function endReading(this: TLSSocket): void {
  this.push(null)
}

const REQUEST_CERTIFICATE = { requestCert: true, rejectUnauthorized: false } as const

/** Closed without any sign: destroyed by the session itself, or in a way that Node tells nothing about. */
const ENDED: TlsFailure = classifyFailure({ side: 'client', phase: 'mid_handshake', ended: true }) as TlsFailure
