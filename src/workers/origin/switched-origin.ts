/**
 * SwitchedOrigin: one origin-side stream over a succession of TCP connections, for plain proxying, where each request on a
 * client connection may name another origin (RFC 9112 §3.2.2). Worker thread.
 *
 * The relay sees a single stream. Connections change only between exchanges, so no byte of one origin's answer can follow
 * another's. An origin that closes between exchanges is forgotten; one that closes inside an exchange ends the stream,
 * because then the end is part of the message.
 */

import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { resetNow } from '../../shared/socket-handle.ts'

export class SwitchedOrigin extends Duplex {
  #socket: Socket | undefined = undefined
  /** Whether an exchange is open, as the owner tells: decides what an origin's end means. */
  isBusy: () => boolean = () => false

  constructor() {
    super({ allowHalfOpen: true })
  }

  get isConnected(): boolean {
    return this.#socket !== undefined
  }

  /** Puts `socket`, just connected, in the place of the one before, which is closed. */
  connectTo(socket: Socket): void {
    this.#release()
    if (this.destroyed || this.readableEnded) {
      socket.destroy()
      return
    }
    this.#socket = socket
    socket.removeAllListeners('error')
    socket.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) socket.pause()
    })
    socket.once('end', () => this.#onOriginEnd(socket))
    socket.on('error', (error) => this.#onOriginError(socket, error))
    socket.once('close', () => this.#onOriginEnd(socket))
    socket.resume()
  }

  override _read(): void {
    this.#socket?.resume()
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const socket = this.#socket
    // Gone between two reads of ours: the read side reports how; there is nobody to write to.
    if (socket === undefined || !socket.writable) done()
    else socket.write(chunk, () => done())
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#socket?.end()
    if (!this.isBusy()) this.push(null)
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#release()
    done(error)
  }

  resetAndDestroy(): this {
    if (this.#socket !== undefined) resetNow(this.#socket)
    return this.destroy()
  }

  /** No further exchange: the stream ends as if its last origin had. */
  finishReading(): void {
    this.#release()
    this.push(null)
  }

  #onOriginEnd(socket: Socket): void {
    if (socket !== this.#socket) return
    if (this.isBusy() || this.writableEnded) this.push(null)
    this.#release()
  }

  #onOriginError(socket: Socket, error: Error): void {
    if (socket !== this.#socket) return
    if (this.isBusy()) this.destroy(error)
    else this.#release()
  }

  #release(): void {
    const socket = this.#socket
    if (socket === undefined) return
    this.#socket = undefined
    socket.removeAllListeners()
    socket.on('error', ignore)
    socket.destroy()
  }
}

function ignore(): void {}
