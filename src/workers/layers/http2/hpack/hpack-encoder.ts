/**
 * HpackEncoder: writes header blocks of our own (RFC 7541), in one of two ways. Worker thread.
 *
 * **Beside a live table** (`HpackEncoder.literals`): a block put among blocks that pass as they came. It refers to the static
 * table only and adds nothing, so the tables of the two ends stay as they are.
 *
 * **In place of the sender** (`takeOver`): a block was withheld or edited, so from then on the receiver's table is no longer the
 * one that the sender's blocks refer to, and every further block is encoded anew. The receiver's table as it stands is emptied by
 * a size update to 0 (RFC 7541 §4.3: "used to completely clear entries from the dynamic table"), then used from empty: both
 * tables are the same again, without a copy of the table having been kept for every block that was never altered.
 */

import type { OctetWriter } from '../frames/octet-writer.ts'
import { CONTENT_LENGTH, PATH } from '../head/field-name.ts'
import { DynamicTable } from './dynamic-table.ts'
import { huffmanEncode, huffmanLength } from './huffman-encoder.ts'
import { STATIC_ENTRIES, STATIC_LINES, STATIC_NAME_LENGTHS, STATIC_OFFSETS, STATIC_VALUE_LENGTHS } from './static-table.ts'

const INDEXED = 0x80
const LITERAL_ADDED = 0x40
const SIZE_UPDATE = 0x20
const NEVER_INDEXED = 0x10
const HUFFMAN = 0x80

const FIELD_LINE = Buffer.from(': ')
const LINE_END = Buffer.from('\r\n')

/** Lines of the static table, and its names, as Latin-1. */
const STATIC_INDEX = new Map<string, number>()
for (let index = STATIC_ENTRIES; index > 0; index--) {
  const start = STATIC_OFFSETS[index] as number
  const nameEnd = start + (STATIC_NAME_LENGTHS[index] as number)
  const line = Buffer.from(STATIC_LINES.subarray(start, nameEnd + (STATIC_VALUE_LENGTHS[index] as number) + 4))
  STATIC_INDEX.set(line.toString('latin1'), index)
  STATIC_INDEX.set(line.toString('latin1', 0, nameEnd - start), index)
}

export class HpackEncoder {
  readonly #table: DynamicTable
  /** What the next block must begin with: the lowest size since the last block, and the one that holds from then on; −1: nothing. */
  #lowest = -1
  #resized = -1

  private constructor(size: number) {
    this.#table = new DynamicTable(size)
  }

  static literals(): HpackEncoder {
    return new HpackEncoder(0)
  }

  /** An encoder for a receiver whose table holds whatever it holds; `size` is within the receiver's limit. */
  static takeOver(size: number): HpackEncoder {
    const encoder = new HpackEncoder(size)
    encoder.#lowest = 0
    encoder.#resized = size
    return encoder
  }

  /** The size from the next block on: the receiver has changed its limit. */
  resize(size: number): void {
    if (size === this.#table.maxSize) return
    this.#lowest = this.#lowest === -1 ? size : Math.min(this.#lowest, size)
    this.#resized = size
    this.#table.resize(size)
  }

  /** Starts a block. */
  begin(out: OctetWriter): void {
    if (this.#resized === -1) return
    if (this.#lowest < this.#resized) integer(out, SIZE_UPDATE, 5, this.#lowest)
    integer(out, SIZE_UPDATE, 5, this.#resized)
    this.#lowest = this.#resized = -1
  }

  /** A size update to `size` in front of literals: the receiver waits for one from its peer, whose block comes later. */
  static sizeUpdate(out: OctetWriter, size: number): void {
    integer(out, SIZE_UPDATE, 5, size)
  }

  /** A field. `number` is that of its name; `neverIndexed` keeps what its sender asked for. */
  field(out: OctetWriter, name: Uint8Array, value: Uint8Array, number: number, neverIndexed: boolean): void {
    const line = Buffer.concat([name, FIELD_LINE, value, LINE_END])
    const indexed = neverIndexed ? -1 : this.#find(line, name.length, value.length)
    if (indexed > 0) {
      integer(out, INDEXED, 7, indexed)
      return
    }
    const nameIndex = STATIC_INDEX.get(line.toString('latin1', 0, name.length)) ?? 0
    // What differs from message to message would only push better entries out.
    const adds = !neverIndexed && this.#table.maxSize > 0 && number !== PATH && number !== CONTENT_LENGTH
    if (adds) integer(out, LITERAL_ADDED, 6, nameIndex)
    else integer(out, neverIndexed ? NEVER_INDEXED : 0, 4, nameIndex)
    if (nameIndex === 0) string(out, name)
    string(out, value)
    if (adds) this.#table.insert(line, 0, name.length, value.length, 0)
  }

  /** The index of the whole line in either table, or −1. Linear: at most 128 entries in `REENCODER_TABLE_BYTES`. */
  #find(line: Buffer, nameLength: number, valueLength: number): number {
    const index = STATIC_INDEX.get(line.toString('latin1'))
    if (index !== undefined) return index
    const table = this.#table
    for (let entry = 0; entry < table.count; entry++) {
      if (table.nameLength(entry) !== nameLength || table.valueLength(entry) !== valueLength) continue
      const start = table.lineStart(entry)
      if (line.compare(table.arena, start, start + line.length) === 0) return STATIC_ENTRIES + 1 + entry
    }
    return -1
  }
}

function string(out: OctetWriter, bytes: Uint8Array): void {
  const coded = huffmanLength(bytes, 0, bytes.length)
  if (coded < bytes.length) {
    integer(out, HUFFMAN, 7, coded)
    huffmanEncode(bytes, 0, bytes.length, out)
  } else {
    integer(out, 0, 7, bytes.length)
    out.octets(bytes, 0, bytes.length)
  }
}

/** RFC 7541 §5.1. */
function integer(out: OctetWriter, pattern: number, bits: number, value: number): void {
  const mask = (1 << bits) - 1
  if (value < mask) {
    out.octet(pattern | value)
    return
  }
  out.octet(pattern | mask)
  let rest = value - mask
  for (; rest >= 128; rest >>>= 7) out.octet((rest & 0x7f) | 0x80)
  out.octet(rest)
}
