/**
 * The dynamic table of HPACK (RFC 7541 §2.3.2, §4): entries in order of insertion, the oldest evicted first. Worker thread.
 *
 *     arena     [ … dead … | oldest line | … | newest line | free … ]      lines are `name: value CRLF`
 *     entries   ring of (offset, name length, value length, meta), newest at `#newest`
 *
 * Offsets count octets ever inserted (modulo 2³²), so that moving the live lines to the front changes one number, `#base`, and
 * no entry. The arena grows up to twice the table's size, and so each octet is moved at most once on average.
 */

/** "The size of an entry is the sum of its name's length, its value's length, plus 32" (§4.1). */
export const ENTRY_OVERHEAD = 32
/** Octets that a line has beside name and value. */
const LINE_OVERHEAD = 4
const WORDS = 4
const FIRST_ENTRIES = 16
const FIRST_ARENA_BYTES = 1_024
/** Below this a loop copies faster than a call with two views. */
const LOOP_COPY_BYTES = 160

const NO_OCTETS = new Uint8Array(0)

export class DynamicTable {
  arena: Uint8Array = NO_OCTETS
  /** Entries, and their size by the rule of §4.1. */
  count = 0
  size = 0
  maxSize: number
  #entries = new Int32Array(FIRST_ENTRIES * WORDS)
  #newest = -1
  /** Offset of `arena[0]`, and of the first free octet. */
  #base = 0
  #tail = 0

  constructor(maxSize: number) {
    this.maxSize = maxSize
  }

  /** Where the line of entry `index` (0 is the newest) starts in `arena`. */
  lineStart(index: number): number {
    return ((this.#entries[this.#slot(index)] as number) - this.#base) | 0
  }

  nameLength(index: number): number {
    return this.#entries[this.#slot(index) + 1] as number
  }

  valueLength(index: number): number {
    return this.#entries[this.#slot(index) + 2] as number
  }

  /** What the owner said of the entry when it inserted it. */
  meta(index: number): number {
    return this.#entries[this.#slot(index) + 3] as number
  }

  resize(maxSize: number): void {
    this.maxSize = maxSize
    this.#evictTo(maxSize)
  }

  /**
   * Inserts the line at `source[start …)`. "It is not an error to attempt to add an entry that is larger than the maximum size;
   * [it] causes the table to be emptied" (§4.4).
   */
  insert(source: Uint8Array, start: number, nameLength: number, valueLength: number, meta: number): void {
    const size = nameLength + valueLength + ENTRY_OVERHEAD
    this.#evictTo(this.maxSize - size)
    if (size > this.maxSize) return
    const length = nameLength + valueLength + LINE_OVERHEAD
    const at = this.#reserve(length)
    copyOctets(source, start, this.arena, at, length)
    if ((this.count + 1) * WORDS > this.#entries.length) this.#growEntries()
    const mask = this.#entries.length / WORDS - 1
    this.#newest = (this.#newest + 1) & mask
    const slot = this.#newest * WORDS
    this.#entries[slot] = this.#tail
    this.#entries[slot + 1] = nameLength
    this.#entries[slot + 2] = valueLength
    this.#entries[slot + 3] = meta
    this.#tail = (this.#tail + length) | 0
    this.count++
    this.size += size
  }

  #slot(index: number): number {
    return ((this.#newest - index) & (this.#entries.length / WORDS - 1)) * WORDS
  }

  #evictTo(size: number): void {
    while (this.count > 0 && this.size > size) {
      const slot = this.#slot(this.count - 1)
      this.size -= (this.#entries[slot + 1] as number) + (this.#entries[slot + 2] as number) + ENTRY_OVERHEAD
      this.count--
    }
  }

  /** Makes room for `length` octets behind the newest line; where they go in `arena`. */
  #reserve(length: number): number {
    const used = (this.#tail - this.#base) | 0
    if (used + length <= this.arena.length) return used
    const oldest = this.count === 0 ? used : this.lineStart(this.count - 1)
    const live = used - oldest
    if ((live + length) * 2 > this.arena.length) {
      const wider = new Uint8Array(Math.max(FIRST_ARENA_BYTES, (live + length) * 2))
      wider.set(this.arena.subarray(oldest, used))
      this.arena = wider
    } else {
      this.arena.copyWithin(0, oldest, used)
    }
    this.#base = (this.#base + oldest) | 0
    return live
  }

  #growEntries(): void {
    const wider = new Int32Array(this.#entries.length * 2)
    for (let i = 0; i < this.count; i++) {
      const from = this.#slot(this.count - 1 - i)
      wider.set(this.#entries.subarray(from, from + WORDS), i * WORDS)
    }
    this.#entries = wider
    this.#newest = this.count - 1
  }
}

export function copyOctets(source: Uint8Array, start: number, target: Uint8Array, at: number, length: number): void {
  if (length > LOOP_COPY_BYTES) {
    target.set(source.subarray(start, start + length), at)
    return
  }
  for (let i = 0; i < length; i++) target[at + i] = source[start + i] as number
}
