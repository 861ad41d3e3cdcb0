/**
 * Gunzip: a gzip stream of any number of members, inflated on the thread pool. Worker thread.
 *
 * Not `node:zlib`'s own, which drops what it has inflated in the same call where the checksum is wrong or octets follow that are no
 * member: what an observer sees would depend on how the octets were cut. Here only octets that cannot be inflated do that. A member
 * costs 30 µs (Node 20 and 26), so that a flood of empty ones meets the bound of the backlog.
 */

import { createInflateRaw, type InflateRaw } from 'node:zlib'
import { type DecodingStream, type DecodingStreamHandler, INPUT_TOO_SHORT } from './decoding-stream.ts'
import { GzipFraming } from './gzip-framing.ts'

export class Gunzip implements DecodingStream {
  readonly #handler: DecodingStreamHandler
  readonly #framing = new GzipFraming()
  #inflate: InflateRaw | undefined
  #paused = false
  #destroyed = false

  constructor(handler: DecodingStreamHandler) {
    this.#handler = handler
  }

  write(bytes: Uint8Array, done: () => void): void {
    this.#decode(bytes, 0, done)
  }

  end(): void {
    if (this.#framing.complete) this.#handler.onEnd()
    else this.#fail('unexpected end of file', INPUT_TOO_SHORT)
  }

  pause(): void {
    this.#paused = true
    this.#inflate?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#inflate?.resume()
  }

  destroy(): void {
    this.#destroyed = true
    this.#inflate?.destroy()
  }

  #decode(bytes: Uint8Array, from: number, done: () => void): void {
    const at = this.#framing.execute(bytes, from)
    if (this.#framing.failure !== '') this.#fail(this.#framing.failure, 'Z_DATA_ERROR')
    else if (at === bytes.length) done()
    else this.#body(at === 0 ? bytes : bytes.subarray(at), done)
  }

  #body(bytes: Uint8Array, done: () => void): void {
    const inflate = this.#inflate ?? this.#open()
    const before = inflate.bytesWritten
    inflate.write(bytes, (error) => {
      if (this.#destroyed || error) return
      const taken = inflate.bytesWritten - before
      if (taken === bytes.length) done()
      // Octets are left over: the body ended before them. What it has become may still wait to be read.
      else if (inflate.readableEnded) this.#bodyEnd(bytes, taken, done)
      else inflate.once('end', () => this.#bodyEnd(bytes, taken, done))
    })
  }

  #bodyEnd(bytes: Uint8Array, at: number, done: () => void): void {
    this.#inflate?.destroy()
    this.#inflate = undefined
    this.#framing.bodyEnd()
    this.#decode(bytes, at, done)
  }

  #open(): InflateRaw {
    const inflate = createInflateRaw()
    inflate.on('data', (bytes: Uint8Array) => {
      this.#framing.inflated(bytes)
      if (!this.#destroyed) this.#handler.onOutput(bytes)
    })
    inflate.on('error', (error: NodeJS.ErrnoException) => {
      if (!this.#destroyed) this.#handler.onError(error)
    })
    if (this.#paused) inflate.pause()
    this.#inflate = inflate
    return inflate
  }

  #fail(message: string, code: string): void {
    this.#handler.onError(Object.assign(new Error(message), { code }))
  }
}
