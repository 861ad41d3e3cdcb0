/**
 * BlockMutator: an event stream whose events are moved about. Holds a block where its editor asks for it, until it is complete or
 * too long; everything else passes as it comes. Pure. Worker thread.
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import { HELD_MESSAGE_BYTES } from '../../../shared/limits/faults.ts'
import { BlockScanner } from '../../layers/event-stream/block-scanner.ts'
import type { BodyMutator, MutationSink } from '../../layers/http/body-mutator.ts'

/** What becomes of the blocks. */
export interface BlockEditor {
  /** Nothing is asked for any more. */
  readonly isOver: boolean
  /** Whether the block that begins is to be held; `scanner` stands in front of it. */
  wants(scanner: BlockScanner): boolean
  /** A block that was held: to be sent from here, now, later or never. A view, valid while the octets are executed. */
  onBlock(block: Uint8Array, scanner: BlockScanner, out: MutationSink): void
  /** It is too long: it passes, behind what is written here. */
  onTooLong(scanner: BlockScanner, out: MutationSink): void
  /** The body ends, with the block in hand incomplete. */
  onEnd(out: MutationSink): void
}

export class BlockMutator implements BodyMutator {
  readonly #editor: BlockEditor
  readonly #scanner = new BlockScanner()
  readonly #held = new BoundedBytes(HELD_MESSAGE_BYTES)
  #isHolding = false

  constructor(editor: BlockEditor) {
    this.#editor = editor
  }

  execute(bytes: Uint8Array, out: MutationSink): void {
    const scanner = this.#scanner
    let start = 0
    let at = scanner.skipMark(bytes, 0)
    while (at < bytes.length && (this.#isHolding || !this.#editor.isOver)) {
      if (scanner.isBetween && !this.#isHolding && this.#editor.wants(scanner)) {
        this.#isHolding = true
        out.write(bytes.subarray(start, at))
        start = at
      }
      at = scanner.advance(bytes, at)
      if (!this.#isHolding || !scanner.ended) continue
      if (this.#fits(bytes, start, at, out)) this.#editor.onBlock(this.#take(bytes, start, at), scanner, out)
      this.#isHolding = false
      start = at
    }
    if (!this.#isHolding) out.write(bytes.subarray(start))
    else if (this.#fits(bytes, start, bytes.length, out)) this.#held.append(bytes, start, bytes.length)
  }

  finish(out: MutationSink): void {
    if (this.#isHolding && this.#scanner.finish()) {
      this.#isHolding = false
      this.#editor.onBlock(this.#release(), this.#scanner, out)
    }
    if (!this.#editor.isOver) this.#editor.onEnd(out)
    if (this.#isHolding) out.write(this.#release())
  }

  /** False: the block is too long, is no longer held, and has been sent up to `end`. */
  #fits(bytes: Uint8Array, start: number, end: number, out: MutationSink): boolean {
    if (this.#held.length + end - start <= HELD_MESSAGE_BYTES) return true
    this.#isHolding = false
    this.#editor.onTooLong(this.#scanner, out)
    out.write(this.#release())
    out.write(bytes.subarray(start, end))
    return false
  }

  /** The block that ends at `end`: a view of `bytes` where it is whole in them. */
  #take(bytes: Uint8Array, start: number, end: number): Uint8Array {
    if (this.#held.length === 0) return bytes.subarray(start, end)
    this.#held.append(bytes, start, end)
    return this.#release()
  }

  /** A copy, for what is written is looked at only after `execute`. */
  #release(): Uint8Array {
    const block = Uint8Array.from(this.#held.view())
    this.#held.clear()
    return block
  }
}
