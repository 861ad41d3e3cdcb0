/**
 * DownstreamSignals: listens to the TLSSocket towards a client and tells once how its handshake, or the first use of it,
 * failed. The place for what Node does with the signs of failure; the judgement is `failure-taxonomy.ts`. Worker thread.
 *
 * For a server-side `new TLSSocket(socket, { isServer: true })` whose ClientHello is complete. What it knows about Node
 * (20 to 26, tabled in `docs/tls-failures.md`):
 *
 * - Without a `tls.Server` around it, an alert after `secure` comes as `_tlsError` only, never as `error`.
 * - A FIN inside the handshake comes as `end`, and so does a RST that met one of our writes first. The kernel knows the
 *   difference: a socket that was reset has no peer any more, so `remoteAddress` is gone.
 * - A client whose FIN was there before it can have seen our certificate has not judged it.
 */

import type { TLSSocket } from 'node:tls'
import type { TlsFailure } from './failure-evidence.ts'
import { classifyFailure } from './failure-taxonomy.ts'

interface NodeError {
  readonly code?: string
  readonly message?: string
  readonly syscall?: string
}

export class DownstreamSignals {
  readonly #socket: TLSSocket
  readonly #onFailure: (failure: TlsFailure) => void
  #secure = false
  #certificateSent = false
  #applicationOctets = 0
  #told = false

  /** Nobody may have asked this socket for its `remoteAddress` before: Node would remember the answer. */
  constructor(socket: TLSSocket, onFailure: (failure: TlsFailure) => void) {
    this.#socket = socket
    this.#onFailure = onFailure
    socket.on('_tlsError', (error: NodeError) => this.#failed(error))
    socket.on('error', (error: NodeError) => this.#failed(error))
    socket.on('secure', () => {
      this.#secure = true
    })
    socket.on('end', () => this.#ended())
    // Two turns: the loop has then polled once since the handshake began, and a FIN that was already there has been seen.
    setImmediate(() =>
      setImmediate(() => {
        this.#certificateSent = true
      }),
    )
  }

  /** Octets that could be decrypted, HTTP/2's SETTINGS among them: the client has taken our certificate. */
  received(octets: number): void {
    this.#applicationOctets += octets
  }

  /** Our own deadline has passed; the caller destroys the socket. */
  timedOut(): void {
    this.#tell({ timedOut: true })
  }

  #failed(error: NodeError): void {
    const { code, message, syscall } = error
    this.#tell({ code, message, syscall })
  }

  #ended(): void {
    this.#tell({ ended: true, reset: this.#socket.remoteAddress === undefined })
  }

  #tell(sign: Partial<Parameters<typeof classifyFailure>[0]>): void {
    if (this.#told) return
    const failure = classifyFailure({
      side: 'client',
      phase: this.#secure ? 'after_finished' : 'mid_handshake',
      certificateSent: this.#certificateSent,
      applicationOctets: this.#applicationOctets,
      ...sign,
    })
    if (failure === undefined) return
    this.#told = true
    this.#onFailure(failure)
  }
}
