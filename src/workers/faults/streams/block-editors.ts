/**
 * What faults do to whole events: one is dropped, comes twice, or after the next; or all of a type never come. Pure. Worker thread.
 */

import type { PositionOptions } from '../../../shared/faults/schema/stream-fault-schema.ts'
import { HELD_MESSAGE_BYTES } from '../../../shared/limits/faults.ts'
import type { BlockScanner } from '../../layers/event-stream/block-scanner.ts'
import type { MutationSink } from '../../layers/http/body-mutator.ts'
import type { BlockEditor } from './block-mutator.ts'

const TOO_LONG = Object.freeze({ not_applicable: 'longer than can be held' })

/** The editor of the first event at `at` or behind. */
export function eventEditor(action: 'drop' | 'duplicate' | 'reorder', at: PositionOptions): BlockEditor {
  if (action === 'reorder') return new ReorderedEvent(at)
  return new SingleEvent(at, action)
}

/** Events so long that they cannot be held pass. */
abstract class PlacedEvent implements BlockEditor {
  isOver = false
  readonly #events: number
  readonly #bytes: number

  constructor({ event, bytes }: PositionOptions) {
    this.#events = event ?? 0
    this.#bytes = bytes ?? 0
  }

  wants(scanner: BlockScanner): boolean {
    return scanner.events >= this.#events && scanner.offset >= this.#bytes
  }

  abstract onBlock(block: Uint8Array, scanner: BlockScanner, out: MutationSink): void

  onTooLong(scanner: BlockScanner, out: MutationSink): void {
    this.isOver = true
    out.injected(numberOf(scanner), 'event', TOO_LONG)
  }

  onEnd(_out: MutationSink): void {}
}

class SingleEvent extends PlacedEvent {
  readonly #action: 'drop' | 'duplicate'

  constructor(at: PositionOptions, action: 'drop' | 'duplicate') {
    super(at)
    this.#action = action
  }

  override onBlock(block: Uint8Array, scanner: BlockScanner, out: MutationSink): void {
    if (!scanner.isEvent) {
      out.write(block)
      return
    }
    this.isOver = true
    out.injected(numberOf(scanner), 'event', { action: this.#action })
    if (this.#action === 'drop') return
    out.write(block)
    out.write(block)
  }
}

class ReorderedEvent extends PlacedEvent {
  /** The event that comes after the next, and the blocks between them, in their order. */
  #held: Uint8Array[] = []
  #heldBytes = 0
  #number = 0

  override onBlock(block: Uint8Array, scanner: BlockScanner, out: MutationSink): void {
    const [event, ...between] = this.#held
    if (event !== undefined && scanner.isEvent) {
      this.isOver = true
      out.injected(this.#number, 'event', { action: 'reorder' })
      for (const octets of [...between, block, event]) out.write(octets)
    } else if (event === undefined && !scanner.isEvent) out.write(block)
    else this.#hold(block, scanner, out)
  }

  override onTooLong(scanner: BlockScanner, out: MutationSink): void {
    super.onTooLong(scanner, out)
    this.#release(out)
  }

  override onEnd(out: MutationSink): void {
    if (this.#held.length > 0) out.injected(this.#number, 'event', { not_applicable: 'no event follows' })
    this.#release(out)
  }

  #hold(block: Uint8Array, scanner: BlockScanner, out: MutationSink): void {
    if (this.#held.length === 0) this.#number = numberOf(scanner)
    this.#heldBytes += block.length
    this.#held.push(Uint8Array.from(block))
    if (this.#heldBytes > HELD_MESSAGE_BYTES) this.onTooLong(scanner, out)
  }

  #release(out: MutationSink): void {
    for (const octets of this.#held) out.write(octets)
    this.#held = []
  }
}

export class DroppedType implements BlockEditor {
  readonly isOver = false
  readonly #type: string

  constructor(type: string) {
    this.#type = type
  }

  wants(): boolean {
    return true
  }

  onBlock(block: Uint8Array, scanner: BlockScanner, out: MutationSink): void {
    if (scanner.isEvent && scanner.type === this.#type) out.injected(numberOf(scanner), 'event', { action: 'drop' })
    else out.write(block)
  }

  onTooLong(scanner: BlockScanner, out: MutationSink): void {
    out.injected(numberOf(scanner), 'event', TOO_LONG)
  }

  onEnd(): void {}
}

/** The number of the event in hand. */
function numberOf(scanner: BlockScanner): number {
  return scanner.ended && scanner.isEvent ? scanner.events - 1 : scanner.events
}
