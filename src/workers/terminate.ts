/**
 * Terminates TLS towards the client: our half of the interception that the client sees. Worker thread.
 */

import type { Socket } from 'node:net'
import { type SecureContext, TLSSocket } from 'node:tls'

export interface TerminateOptions {
  readonly context: SecureContext
  /** Exactly the protocol that the origin chose, or `undefined` when it chose none: ALPN is mirrored. */
  readonly alpn: string | undefined
  readonly timeoutMs: number
}

/** Evidence of a handshake that did not succeed; the taxonomy makes a reason of it. */
export interface HandshakeEvidence {
  readonly error: NodeJS.ErrnoException | undefined
  readonly timedOut: boolean
  readonly peerEnded: boolean
}

export class HandshakeError extends Error {
  override readonly name = 'HandshakeError'
  readonly evidence: HandshakeEvidence

  constructor(evidence: HandshakeEvidence) {
    super(evidence.error?.message ?? (evidence.timedOut ? 'the handshake timed out' : 'the peer closed during the handshake'))
    this.evidence = evidence
  }
}

/** Runs the server side of a handshake on `client`, whose ClientHello has been unshifted into it. Rejects with a `HandshakeError`. */
export function terminate(client: Socket, options: TerminateOptions): Promise<TLSSocket> {
  const { context, alpn } = options
  const secure = new TLSSocket(client, {
    isServer: true,
    secureContext: context,
    ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
  })
  return handshake(secure, 'secure', options.timeoutMs)
}

/** Waits for one handshake of ours, on either side, and collects the evidence when it fails. */
export function handshake(secure: TLSSocket, doneEvent: 'secure' | 'secureConnect', timeoutMs: number): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    let timedOut = false
    let peerEnded = false
    let settled = false
    const fail = (error: NodeJS.ErrnoException | undefined) => {
      if (settled) return
      settled = true
      clearTimeout(deadline)
      secure.destroy()
      reject(new HandshakeError({ error, timedOut, peerEnded }))
    }
    const onError = (error: NodeJS.ErrnoException) => fail(error)
    const onEnd = () => {
      peerEnded = true
    }
    const onClose = () => fail(undefined)
    const deadline = setTimeout(() => {
      timedOut = true
      fail(undefined)
    }, timeoutMs)
    secure.on('error', onError).on('_tlsError', onError).once('end', onEnd).once('close', onClose)
    secure.once(doneEvent, () => {
      if (settled) return
      settled = true
      clearTimeout(deadline)
      secure.off('error', onError).off('_tlsError', onError).off('end', onEnd).off('close', onClose)
      // Until the relay attaches its own, a reset must not be an uncaught 'error'.
      secure.on('error', ignore)
      resolve(secure)
    })
  })
}

function ignore(): void {}
