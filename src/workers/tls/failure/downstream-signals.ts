/**
 * DownstreamSignals: listens to the TLSSocket towards a client and tells once how its handshake, or the first use of it,
 * failed. The place for what Node does with the signs of failure; the judgement is `failure-taxonomy.ts`. Worker thread.
 *
 * For a server-side `new TLSSocket(socket, { isServer: true })` whose ClientHello is complete. Until then, while the hello is
 * peeked and the origin connected, the owner goes on reading the bare socket and classifies its `end` or `error` itself:
 * a client that went before it was sent a certificate has not judged it. Handing over from a `setImmediate` makes sure that
 * the loop has polled for that once more.
 *
 * What this knows about Node (20 to 26, tabled in `docs/tls-failures.md`):
 *
 * - Without a `tls.Server` around it, an alert after `secure` comes as `_tlsError` only, never as `error`.
 * - A FIN inside the handshake comes as `end`, and so does a RST that met one of our writes first (`was-reset.ts`).
 * - Our flight is written as soon as the TLSSocket reads the hello, so an end that comes from it comes after the certificate.
 */

import type { TLSSocket } from 'node:tls'
import type { TlsFailure } from './failure-evidence.ts'
import { classifyFailure } from './failure-taxonomy.ts'
import { wasReset } from './was-reset.ts'

interface NodeError {
  readonly code?: string
  readonly message?: string
  readonly syscall?: string
}

/** A `net.Socket`, of which only the count matters: Node keeps it while TLS reads in its stead. Or what stands in its place for a fault. */
interface Transport {
  readonly bytesRead: number
  /** Only of the latter, which has no peer to be asked for. */
  readonly wasReset?: boolean
}

export class DownstreamSignals {
  /** Called once. Whoever owns the socket may put another in its place once the handshake is done. */
  onFailure: (failure: TlsFailure) => void
  readonly #socket: TLSSocket
  readonly #transport: Transport
  readonly #octetsAtHello: number
  #secure = false
  #applicationOctets = 0
  #told = false

  /**
   * Nobody may ask this socket for its `remoteAddress`: see `was-reset.ts`. `transport` is the socket below it; what it has read
   * by now is the ClientHello.
   */
  constructor(socket: TLSSocket, transport: Transport, onFailure: (failure: TlsFailure) => void) {
    this.#socket = socket
    this.#transport = transport
    this.#octetsAtHello = transport.bytesRead
    this.onFailure = onFailure
    const onError = (error: NodeError) => this.#failed(error)
    socket.on('_tlsError', onError).on('error', onError)
    socket.once('secure', () => {
      this.#secure = true
    })
    socket.on('end', () => this.#ended())
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
    // Of every connection that was in use: no failure, and the kernel need not be asked how it ended.
    if (this.#applicationOctets > 0) return
    this.#tell({ ended: true, reset: this.#transport.wasReset ?? wasReset(this.#socket) })
  }

  #tell(sign: Partial<Parameters<typeof classifyFailure>[0]>): void {
    if (this.#told) return
    const failure = classifyFailure({
      side: 'client',
      phase: this.#secure ? 'after_finished' : 'mid_handshake',
      certificateSent: true,
      octetsSinceHello: this.#transport.bytesRead - this.#octetsAtHello,
      applicationOctets: this.#applicationOctets,
      ...sign,
    })
    if (failure === undefined || (this.#socket.writableEnded && !refusesCertificate(failure))) return
    this.#told = true
    this.onFailure(failure)
  }
}

/**
 * What a client still says of our certificate behind an end of ours: the origin has closed an idle connection, and so have we. Its own
 * end then follows from that, and so does OpenSSL's decode_error, where a FIN has overtaken our close_notify.
 */
function refusesCertificate({ reason }: TlsFailure): boolean {
  return reason === 'unknown_ca' || reason === 'cert_validation'
}
