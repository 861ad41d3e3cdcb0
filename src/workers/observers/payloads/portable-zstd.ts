/**
 * PortableZstd: a zstd decoder (RFC 8878) in JavaScript, for runtimes whose `node:zlib` has none (before 22.15). Worker thread.
 *
 * It decodes on the shard, not on the thread pool, and the library knows no bounds: so it gets one checked piece at a time
 * (`zstd-frames.ts`), the event loop has a turn after every few, and a body that costs too much is given up
 * (`docs/decisions/0005-decoding-off-the-shard.md`).
 */

import { Transform, type TransformCallback } from 'node:stream'
import { Decompress } from 'fzstd'
import { ZSTD_TURN_WORK_BYTES, ZSTD_WORK_BYTES } from '../../../shared/limits/layers/content-coding.ts'
import { DECODER_TOO_SLOW, INPUT_ASKS_MORE, INPUT_TOO_SHORT } from '../../layers/content-coding/decoding-stream.ts'
import { Xxh64 } from '../../layers/content-coding/xxh64.ts'
import { ZstdFrames, type ZstdFramesHandler } from '../../layers/content-coding/zstd-frames.ts'

const NOTHING = new Uint8Array(0)

export class PortableZstd extends Transform implements ZstdFramesHandler {
  readonly #frames = new ZstdFrames(this)
  /** Of the frame in hand: it begins only once it has 18 octets or is told that they are all, and a short frame has less. */
  #decoder = this.#open()
  /** Of what the frame in hand has become: the library does not look at checksums. */
  readonly #hash = new Xxh64()
  /** Octets moved in memory: the library moves its whole window for each block. */
  #work = 0
  #turnWork = 0

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#turnWork = 0
    this.#decode(chunk, 0, done)
  }

  override _flush(done: TransformCallback): void {
    if (this.#frames.complete) done()
    else done(coded('unexpected end of file', INPUT_TOO_SHORT))
  }

  onZstdPiece(bytes: Uint8Array, window: number): void {
    this.#work += window
    this.#turnWork += window
    // Copied: the library keeps what it cannot use yet.
    this.#decoder.push(bytes.slice())
  }

  onZstdFrameEnd(checksum: number | undefined): void {
    this.#decoder.push(NOTHING, true)
    this.#decoder = this.#open()
    if (checksum !== undefined && checksum !== this.#hash.low32()) throw new Error('the checksum of a frame is wrong')
    this.#hash.reset()
  }

  #open(): Decompress {
    return new Decompress((data) => {
      this.#work += data.length
      this.#turnWork += data.length
      this.#hash.update(data)
      if (data.length > 0) this.push(Buffer.from(data.buffer, data.byteOffset, data.length))
    })
  }

  #decode(bytes: Uint8Array, from: number, done: TransformCallback): void {
    if (this.destroyed) return
    let at = from
    try {
      while (at < bytes.length && this.#turnWork < ZSTD_TURN_WORK_BYTES) at = this.#decodePiece(bytes, at)
    } catch (error) {
      done(error as Error)
      return
    }
    if (at === bytes.length) done()
    else setImmediate(() => this.#goOn(bytes, at, done))
  }

  #goOn(bytes: Uint8Array, from: number, done: TransformCallback): void {
    this.#turnWork = 0
    this.#decode(bytes, from, done)
  }

  #decodePiece(bytes: Uint8Array, from: number): number {
    const at = this.#frames.execute(bytes, from)
    if (this.#frames.failure !== '') {
      throw this.#frames.asksMore ? coded(this.#frames.failure, INPUT_ASKS_MORE) : new Error(this.#frames.failure)
    }
    if (this.#work > ZSTD_WORK_BYTES) throw coded('decoding it on the shard takes too long', DECODER_TOO_SLOW)
    return at
  }
}

function coded(message: string, code: string): Error {
  return Object.assign(new Error(message), { code })
}
