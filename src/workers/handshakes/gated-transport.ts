/**
 * GatedTransport: a socket with a handshake gate in it, for one of our own handshakes that a fault is to meet. TLS stands on it as it
 * would on the socket. Worker thread.
 */

import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { otherSide, type Side } from '../../shared/side.ts'
import { wasReset } from '../tls/failure/was-reset.ts'
import type { HandshakeGate } from '../tls/records/handshake-gate.ts'

/** What one of our handshakes stands on. */
export type TlsTransport = Socket | GatedTransport

export class GatedTransport extends Duplex {
  readonly #socket: Socket
  readonly #peer: Side
  readonly #gate: HandshakeGate
  readonly #onReached: () => void
  #isTold = false
  /** The socket has ended by a RST, where Node says `end`: what stands on this cannot ask the kernel. */
  wasReset = false

  /** `peer`: who sends what the socket receives. `onReached`: the gate has closed; called once, from inside a read or a write. */
  constructor(socket: Socket, peer: Side, gate: HandshakeGate, onReached: () => void) {
    super({ allowHalfOpen: true })
    this.#socket = socket
    this.#peer = peer
    this.#gate = gate
    this.#onReached = onReached
    socket.on('data', (chunk: Buffer) => this.#receive(chunk))
    socket.on('end', () => {
      this.wasReset = wasReset(socket)
      this.push(null)
    })
    socket.on('error', (error) => this.destroy(error))
    socket.on('close', () => this.destroy())
    socket.resume()
  }

  /** As of the socket beneath: what failures are judged by. */
  get bytesRead(): number {
    return this.#socket.bytesRead
  }

  override _read(): void {
    this.#socket.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const passing = this.#gate.execute(otherSide(this.#peer), chunk)
    this.#tell()
    if (passing.length > 0 && this.#socket.writable) this.#socket.write(passing, () => done())
    else done()
  }

  /** Where the gate has closed, how the socket ends is the fault's business. */
  override _final(done: (error?: Error | null) => void): void {
    if (!this.#gate.isReached) this.#socket.end()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#socket.destroy()
    done(error)
  }

  #receive(chunk: Buffer): void {
    const passing = this.#gate.execute(this.#peer, chunk)
    this.#tell()
    if (passing.length > 0 && !this.push(passing)) this.#socket.pause()
  }

  #tell(): void {
    if (!this.#gate.isReached || this.#isTold) return
    this.#isTold = true
    this.#onReached()
  }
}
