/**
 * AwaitedOrigin: an origin's connection that is still being opened, as a stream. What is written waits for it, and stops its writer as any
 * full socket does; from then on the stream is the connection. One that does not come about ends the stream. Worker thread.
 */

import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { resetNow } from '../../shared/socket-handle.ts'
import type { OpenOrigin } from './origin-pool.ts'

export class AwaitedOrigin extends Duplex {
  readonly #giveUp: () => void
  #origin: OpenOrigin | undefined = undefined
  /** What the stream asks first: a write or the end, one at a time. */
  #whenOpen: ((secure: TLSSocket) => void) | undefined = undefined
  #hasEnded = false

  /** `opening`: undefined where there will be none. `giveUp` is called where nobody waits for it any more. */
  constructor(opening: Promise<OpenOrigin | undefined>, giveUp: () => void) {
    super({ allowHalfOpen: true })
    this.#giveUp = giveUp
    opening.then(
      (origin) => this.#onOpening(origin),
      (error: unknown) => this.destroy(error as Error),
    )
  }

  override _read(): void {
    this.#origin?.secure.resume()
  }

  /** A write to what is gone is told by the read side: there is nobody to write to. */
  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#use((secure) => {
      if (secure.writable) secure.write(chunk, () => done())
      else done()
    })
  }

  override _final(done: () => void): void {
    this.#use((secure) => {
      if (secure.writable) secure.end(() => done())
      else done()
    })
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (this.#origin === undefined) this.#giveUp()
    else this.#origin.secure.destroy()
    done(error)
  }

  resetAndDestroy(): this {
    if (this.#origin !== undefined) resetNow(this.#origin.tcp, this.#origin.secure)
    return this.destroy()
  }

  #use(use: (secure: TLSSocket) => void): void {
    if (this.#origin === undefined) this.#whenOpen = use
    else use(this.#origin.secure)
  }

  #onOpening(origin: OpenOrigin | undefined): void {
    if (this.destroyed) origin?.secure.destroy()
    else if (origin === undefined) this.#onEnd()
    else this.#onOpen(origin)
  }

  #onOpen(origin: OpenOrigin): void {
    const { secure } = origin
    this.#origin = origin
    secure.on('data', (octets: Buffer) => {
      if (!this.push(octets)) secure.pause()
    })
    secure.on('end', () => this.#onEnd())
    secure.on('close', () => this.#onEnd())
    secure.on('error', (error) => this.destroy(error))
    // What happened between the handshake and now is not told again.
    if (secure.errored !== null) this.destroy(secure.errored)
    else if (secure.closed || secure.readableEnded) this.#onEnd()
    else secure.resume()
    this.#whenOpen?.(secure)
    this.#whenOpen = undefined
  }

  #onEnd(): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    this.push(null)
  }
}
