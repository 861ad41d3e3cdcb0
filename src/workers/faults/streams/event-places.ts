/**
 * Places in an event stream, found octet by octet: in front of an event, behind so many octets, inside a character or a `data:` line.
 * The same place however the octets were split: the octet that it is in front of has to have come. Pure. Worker thread.
 */

import type { PositionOptions } from '../../../shared/faults/schema/stream-fault-schema.ts'
import { BlockScanner } from '../../layers/event-stream/block-scanner.ts'

export interface EventPlace {
  readonly unit: 'event' | 'bytes'
  /** Once found: the number of the event, or the octets in front. */
  readonly position: number
  /** Index of the octet that the place is in front of; −1: not among `bytes`. Not called again once found. */
  find(bytes: Uint8Array): number
}

/** `isWhole`: what is done there stands between events, so octets only say from where on the next is looked for. */
export function eventPlace(at: PositionOptions, isWhole: boolean): EventPlace {
  if (at.bytes !== undefined) return isWhole ? new BlockStart(0, at.bytes) : new OctetPlace(at.bytes)
  const start = new BlockStart(at.event ?? 0, 0)
  if (at.in_utf8) return new InnerPlace(start, new CharacterFinder())
  return at.in_data_line ? new InnerPlace(start, new DataLineFinder()) : start
}

class OctetPlace implements EventPlace {
  readonly unit = 'bytes'
  readonly position: number
  #left: number

  constructor(bytes: number) {
    this.position = this.#left = bytes
  }

  find(bytes: Uint8Array): number {
    if (bytes.length > this.#left) return this.#left
    this.#left -= bytes.length
    return -1
  }
}

/** The first place between two blocks behind `events` events and `bytes` octets. */
class BlockStart implements EventPlace {
  readonly #scanner = new BlockScanner()
  readonly #events: number
  readonly #bytes: number

  constructor(events: number, bytes: number) {
    this.#events = events
    this.#bytes = bytes
  }

  get unit(): 'event' | 'bytes' {
    return this.#bytes > 0 ? 'bytes' : 'event'
  }

  get position(): number {
    return this.#bytes > 0 ? this.offset : this.#scanner.events
  }

  get offset(): number {
    return this.#scanner.offset
  }

  find(bytes: Uint8Array): number {
    const scanner = this.#scanner
    for (let at = scanner.skipMark(bytes, 0); at < bytes.length; at = scanner.advance(bytes, at))
      if (scanner.isBetween && scanner.events >= this.#events && scanner.offset >= this.#bytes) return at
    return -1
  }
}

/** What a finder looks for, among octets from the start of a block on: index of the octet that it is in front of, or −1. */
interface Finder {
  find(bytes: Uint8Array, from: number): number
}

class InnerPlace implements EventPlace {
  readonly unit = 'bytes'
  position = 0
  readonly #start: BlockStart
  readonly #finder: Finder
  #hasStarted = false

  constructor(start: BlockStart, finder: Finder) {
    this.#start = start
    this.#finder = finder
  }

  find(bytes: Uint8Array): number {
    let from = 0
    if (!this.#hasStarted) {
      from = this.#start.find(bytes)
      if (from === -1) return -1
      this.#hasStarted = true
      this.position = this.#start.offset
    }
    const at = this.#finder.find(bytes, from)
    this.position += (at === -1 ? bytes.length : at) - from
    return at
  }
}

/** Behind the first octet of a character of several (RFC 3629 §4: C2–F4, then 80–BF). */
class CharacterFinder implements Finder {
  #isInside = false

  find(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const octet = bytes[at] as number
      if (this.#isInside && (octet & 0xc0) === 0x80) return at
      this.#isInside = octet >= 0xc2 && octet <= 0xf4
    }
    return -1
  }
}

const LF = 0x0a
const CR = 0x0d
const SPACE = 0x20
const FIELD = Buffer.from('data:', 'latin1')
/** States: 0–4, octets of the name and its colon that have come; then these. */
const VALUE = FIELD.length
const AFTER_SPACE = VALUE + 1
const INSIDE = VALUE + 2
const OTHER_LINE = VALUE + 3

/** Behind the first octet of the value of a `data` field, where another follows in the line. */
class DataLineFinder implements Finder {
  #state = 0

  find(bytes: Uint8Array, from: number): number {
    for (let at = from; at < bytes.length; at++) {
      const octet = bytes[at] as number
      if (octet === LF || octet === CR) this.#state = 0
      else if (this.#state === INSIDE) return at
      else if (this.#state < VALUE) this.#state = octet === FIELD[this.#state] ? this.#state + 1 : OTHER_LINE
      else if (this.#state !== OTHER_LINE) this.#state = octet === SPACE && this.#state === VALUE ? AFTER_SPACE : INSIDE
    }
    return -1
  }
}
