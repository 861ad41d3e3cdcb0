/**
 * ZstdFrames: cuts a zstd stream into the pieces that a decoder without bounds of its own may be given one at a time: a frame
 * head, a block, a checksum, each whole and each checked (RFC 8878 §3.1). Decodes nothing. Pure. Worker thread.
 *
 *     ┌───────┬────────────┬─ window ─┬─ dictionary ─┬─ content size ─┐┌────────────────────┬──────┐      ┌──────────┐
 *     │ magic │ descriptor │   0 | 1  │ 0 | 1 | 2 | 4│ 0|1|2 | 4 | 8  ││ last, type, size 3 │ data │ …    │ checksum │
 *     └───────┴────────────┴──────────┴──────────────┴────────────────┘└────────────────────┴──────┘      └──── 0|4 ─┘
 *     ┌───────────────┬──────┬───────────┐
 *     │ magic 184D2A5?│ size │ skipped … │   skippable frames are left out, and as by `node:zlib` what follows a frame and is none
 *     └───────────────┴──────┴───────────┘
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import { ZSTD_BLOCK_BYTES, ZSTD_WINDOW_LOG } from '../../../shared/limits/layers/content-coding.ts'

const MAGIC = 0
const DESCRIPTOR = 1
const HEAD = 2
const SKIP_SIZE = 3
const SKIP = 4
const BLOCK_HEAD = 5
const BLOCK = 6
const CHECKSUM = 7
const FAILED = 8
const IGNORED = 9

const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50
const MAGIC_BYTES = 4
const DESCRIPTOR_BYTES = 5
const SKIP_HEAD_BYTES = 8
const BLOCK_HEAD_BYTES = 3
const CHECKSUM_BYTES = 4

const SINGLE_SEGMENT = 0x20
const RESERVED_BIT = 0x08
const HAS_CHECKSUM = 0x04
const RLE = 1
const RESERVED = 3

const DICTIONARY_ID_BYTES = [0, 1, 2, 4] as const
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const

export interface ZstdFramesHandler {
  /** A head, block or checksum; valid during the call only. `window`: octets of window that its frame needs. */
  onZstdPiece(bytes: Uint8Array, window: number): void
  /** A frame has ended, with its checksum where it has one: the low 32 bits of XXH64 over what it decodes to. */
  onZstdFrameEnd(checksum: number | undefined): void
}

export class ZstdFrames {
  /** Why nothing more is read; empty while all is well. */
  failure = ''
  /** The failure is that a frame needs a dictionary, or more memory than is given. */
  asksMore = false
  readonly #handler: ZstdFramesHandler
  readonly #piece = new BoundedBytes(BLOCK_HEAD_BYTES + ZSTD_BLOCK_BYTES)
  #state = MAGIC
  #need = MAGIC_BYTES
  #skip = 0
  #window = 0
  #hasChecksum = false
  #last = false
  /** A frame has been read to its end. */
  #hasFrame = false

  constructor(handler: ZstdFramesHandler) {
    this.#handler = handler
  }

  /** The stream may end here: also within what might have become another magic number. */
  get complete(): boolean {
    return this.#state === IGNORED || (this.#state === MAGIC && (this.#hasFrame || this.#piece.length === 0))
  }

  /** Octets in order, from `from`; stops after one piece. Returns the position reached. */
  execute(bytes: Uint8Array, from: number): number {
    if (this.#state === IGNORED) return bytes.length
    let at = from
    while (at < bytes.length && this.#state !== FAILED) {
      if (this.#state === SKIP) {
        const count = Math.min(this.#skip, bytes.length - at)
        at += count
        this.#skip -= count
        if (this.#skip === 0) this.#skippableEnd()
        continue
      }
      const count = Math.min(this.#need - this.#piece.length, bytes.length - at)
      this.#piece.append(bytes, at, at + count)
      at += count
      if (this.#piece.length === this.#need && this.#step()) return at
    }
    return at
  }

  /** What was needed is there. True when it was the end of a piece. */
  #step(): boolean {
    const bytes = this.#piece.bytes
    switch (this.#state) {
      case MAGIC:
        this.#magic(uint32(bytes, 0))
        return false
      case DESCRIPTOR:
        this.#await(HEAD, headBytes(bytes[4] as number))
        return this.#need === DESCRIPTOR_BYTES && this.#head(bytes)
      case HEAD:
        return this.#head(bytes)
      case SKIP_SIZE:
        this.#skip = uint32(bytes, MAGIC_BYTES)
        this.#piece.clear()
        if (this.#skip === 0) this.#skippableEnd()
        else this.#state = SKIP
        return false
      case BLOCK_HEAD:
        return this.#block(bytes)
      case BLOCK:
        return this.#blockEnd()
      default: {
        const checksum = uint32(bytes, 0)
        this.#give()
        this.#frameEnd(checksum)
        return true
      }
    }
  }

  #magic(magic: number): void {
    if (magic === FRAME_MAGIC) this.#await(DESCRIPTOR, DESCRIPTOR_BYTES)
    else if (magic >>> 4 === SKIPPABLE_MAGIC >>> 4) this.#await(SKIP_SIZE, SKIP_HEAD_BYTES)
    else if (this.#hasFrame) this.#expect(IGNORED, 0)
    else this.#fail('no zstd frame begins here')
  }

  #head(bytes: Uint8Array): boolean {
    const descriptor = bytes[4] as number
    this.#hasChecksum = (descriptor & HAS_CHECKSUM) !== 0
    this.#window = windowBytes(bytes, this.#piece.length)
    const asked = askedFor(bytes, this.#window)
    if (asked !== '' || (descriptor & RESERVED_BIT) !== 0) {
      this.asksMore = asked !== ''
      this.#fail(asked || 'a frame has its reserved bit set')
      return false
    }
    this.#give()
    this.#expect(BLOCK_HEAD, BLOCK_HEAD_BYTES)
    return true
  }

  #block(bytes: Uint8Array): boolean {
    const head = (bytes[0] as number) | ((bytes[1] as number) << 8) | ((bytes[2] as number) << 16)
    const type = (head >> 1) & 3
    const size = head >> 3
    this.#last = (head & 1) === 1
    // "Block_Size … is limited by Block_Maximum_Size", of RLE blocks too: §3.1.1.2.3.
    if (type === RESERVED || size > ZSTD_BLOCK_BYTES) {
      this.#fail(type === RESERVED ? 'a block is of the reserved type' : 'a block is larger than 128 KiB')
      return false
    }
    this.#await(BLOCK, BLOCK_HEAD_BYTES + (type === RLE ? 1 : size))
    return this.#need === BLOCK_HEAD_BYTES && this.#blockEnd()
  }

  #blockEnd(): boolean {
    this.#give()
    if (!this.#last) this.#expect(BLOCK_HEAD, BLOCK_HEAD_BYTES)
    else if (this.#hasChecksum) this.#expect(CHECKSUM, CHECKSUM_BYTES)
    else this.#frameEnd(undefined)
    return true
  }

  #frameEnd(checksum: number | undefined): void {
    this.#skippableEnd()
    this.#handler.onZstdFrameEnd(checksum)
  }

  #skippableEnd(): void {
    this.#hasFrame = true
    this.#expect(MAGIC, MAGIC_BYTES)
  }

  #give(): void {
    this.#handler.onZstdPiece(this.#piece.view(), this.#window)
    this.#piece.clear()
  }

  /** Goes on with the same piece until it has `need` octets. */
  #await(state: number, need: number): void {
    this.#state = state
    this.#need = need
  }

  #expect(state: number, need: number): void {
    this.#piece.clear()
    this.#await(state, need)
  }

  #fail(detail: string): void {
    this.failure = detail
    this.#state = FAILED
    this.#piece.clear()
  }
}

/** Octets of a frame head, by its descriptor. */
function headBytes(descriptor: number): number {
  const single = (descriptor & SINGLE_SEGMENT) !== 0
  return DESCRIPTOR_BYTES + (single ? 0 : 1) + dictionaryBytes(descriptor) + contentSizeBytes(descriptor)
}

function dictionaryBytes(descriptor: number): number {
  return DICTIONARY_ID_BYTES[(descriptor & 3) as 0 | 1 | 2 | 3]
}

function contentSizeBytes(descriptor: number): number {
  const flag = (descriptor >> 6) as 0 | 1 | 2 | 3
  return flag === 0 && (descriptor & SINGLE_SEGMENT) !== 0 ? 1 : CONTENT_SIZE_BYTES[flag]
}

/** What a frame needs that nobody has here; empty where it is nothing. Dictionary 0 is none (§3.1.1.1.3). */
function askedFor(head: Uint8Array, window: number): string {
  if (window > 2 ** ZSTD_WINDOW_LOG) return 'the frame needs a window of more than 8 MB (RFC 9659)'
  const start = DESCRIPTOR_BYTES + (((head[4] as number) & SINGLE_SEGMENT) !== 0 ? 0 : 1)
  const dictionary = head.subarray(start, start + dictionaryBytes(head[4] as number))
  return dictionary.some((byte) => byte !== 0) ? 'the frame needs a dictionary' : ''
}

/** By the window descriptor, or of a single segment its content size (§3.1.1.1.2). */
function windowBytes(head: Uint8Array, length: number): number {
  const descriptor = head[4] as number
  if ((descriptor & SINGLE_SEGMENT) === 0) {
    const window = head[DESCRIPTOR_BYTES] as number
    const base = 2 ** (10 + (window >> 3))
    return base + (base / 8) * (window & 7)
  }
  const octets = contentSizeBytes(descriptor)
  let size = 0
  for (let at = length - 1; at >= length - octets; at--) size = size * 256 + (head[at] as number)
  return octets === 2 ? size + 256 : size
}

function uint32(bytes: Uint8Array, at: number): number {
  return (
    ((bytes[at] as number) | ((bytes[at + 1] as number) << 8) | ((bytes[at + 2] as number) << 16) | ((bytes[at + 3] as number) << 24)) >>> 0
  )
}
