/**
 * HpackDecoder: reads the header blocks of one direction, in order (RFC 7541). Worker thread.
 *
 * It is the receiver's decoder seen from the middle: the same blocks, so the same table. A block comes whole; the layer has
 * gathered it. Fields beyond the list's limit are decoded and thrown away, since the table must stay in step.
 *
 *     1xxxxxxx  indexed field                01xxxxxx  literal, added to the table
 *     001xxxxx  table size update            0000xxxx  literal        0001xxxx  literal, never indexed
 */

import { HPACK_INTEGER_MAX, HPACK_INTEGER_OCTETS } from '../../../../shared/limits/layers/http2.ts'
import { HPACK_VIOLATIONS } from '../../../../shared/violations/hpack.ts'
import type { Http2Violation } from '../../../../shared/violations/http2.ts'
import { fieldName } from '../head/field-name.ts'
import { type HeaderList, lineMeta, NEVER_INDEXED, nameNumber } from '../head/header-list.ts'
import { copyOctets, DynamicTable } from './dynamic-table.ts'
import { HUFFMAN_EOS, huffmanBound, huffmanDecode } from './huffman-decoder.ts'
import { STATIC_ENTRIES, STATIC_LINES, STATIC_NAME_LENGTHS, STATIC_NAMES, STATIC_OFFSETS, STATIC_VALUE_LENGTHS } from './static-table.ts'

/** The initial value of SETTINGS_HEADER_TABLE_SIZE (RFC 9113 §6.5.2). */
const DEFAULT_TABLE_SIZE = 4_096

const COLON = 0x3a
const SP = 0x20
const CR = 0x0d
const LF = 0x0a

/** "Two dynamic table size updates": the smallest one in between, then the final one (RFC 7541 §4.2). */
const SIZE_UPDATES_PER_BLOCK = 2

export class HpackDecoder {
  readonly table: DynamicTable = new DynamicTable(DEFAULT_TABLE_SIZE)
  /** The last block changed the table, so that whoever does not get the block is out of step. */
  mutated = false
  /** What the receiver allows, as the sender has acknowledged it. */
  #limit = DEFAULT_TABLE_SIZE
  /** The largest size that an update may set: the limit, or more where the sender may know of more than it has acknowledged. */
  largestUpdate = DEFAULT_TABLE_SIZE
  /** The lowest limit since the last block, where it is below the table's size: the next block must begin with an update. */
  #owed = -1
  /** Where in `#block` the decoder stands; −1 after a truncated or too large integer, whose violation is `#failure`. */
  #block: Uint8Array = this.table.arena
  #at = 0
  #end = 0
  #failure: Http2Violation | undefined = undefined

  /** Sets the limit that the sender has to keep from now on: it has acknowledged the receiver's SETTINGS. */
  set limit(size: number) {
    this.#limit = size
    if (size < this.table.maxSize) this.#owed = this.#owed === -1 ? size : Math.min(this.#owed, size)
  }

  get limit(): number {
    return this.#limit
  }

  /** The size update with which the next block must begin, or −1. */
  get owedUpdate(): number {
    return this.#owed
  }

  /** Decodes `block[start … end)` into `list`, which it resets. After a violation it must not be called again. */
  decode(block: Uint8Array, start: number, end: number, list: HeaderList): Http2Violation | undefined {
    list.reset()
    this.mutated = false
    this.#block = block
    this.#at = start
    this.#end = end
    this.#failure = undefined
    const violation = this.#sizeUpdates()
    if (violation !== undefined) return violation
    while (this.#at < end) {
      const octet = block[this.#at] as number
      let failure: Http2Violation | undefined
      if (octet >= 0x80) failure = this.#indexed(list)
      else if (octet >= 0x40) failure = this.#literal(list, 6, true, 0)
      else if (octet >= 0x20) return HPACK_VIOLATIONS.hpack_size_update_misplaced
      else failure = this.#literal(list, 4, false, octet >= 0x10 ? NEVER_INDEXED : 0)
      if (failure !== undefined) return failure
    }
    return undefined
  }

  #sizeUpdates(): Http2Violation | undefined {
    for (let updates = 0; this.#at < this.#end; updates++) {
      if (((this.#block[this.#at] as number) & 0xe0) !== 0x20) break
      if (updates === SIZE_UPDATES_PER_BLOCK) return HPACK_VIOLATIONS.hpack_size_update_misplaced
      const size = this.#integer(5)
      if (size < 0) return this.#failure
      if (size > this.largestUpdate) return HPACK_VIOLATIONS.hpack_size_update_too_large
      if (size <= this.#owed) this.#owed = -1
      if (size !== this.table.maxSize) this.mutated = true
      this.table.resize(size)
    }
    // An empty block has no fields to misread, and no room for the update either.
    return this.#owed !== -1 && this.#at < this.#end ? HPACK_VIOLATIONS.hpack_size_update_missing : undefined
  }

  #indexed(list: HeaderList): Http2Violation | undefined {
    const index = this.#integer(7)
    if (index < 0) return this.#failure
    if (index === 0) return HPACK_VIOLATIONS.hpack_index_zero
    if (index <= STATIC_ENTRIES) {
      const name = STATIC_NAME_LENGTHS[index] as number
      const value = STATIC_VALUE_LENGTHS[index] as number
      if (list.admit(name, value)) {
        append(list, STATIC_LINES, STATIC_OFFSETS[index] as number, name, value, STATIC_NAMES[index] as number)
      }
      return undefined
    }
    const { table } = this
    const entry = index - STATIC_ENTRIES - 1
    if (entry >= table.count) return HPACK_VIOLATIONS.hpack_index_out_of_range
    const name = table.nameLength(entry)
    const value = table.valueLength(entry)
    if (list.admit(name, value)) append(list, table.arena, table.lineStart(entry), name, value, table.meta(entry))
    return undefined
  }

  /** Writes the line behind what `list` has, keeps it where the limit allows, and adds it to the table where it says so. */
  #literal(list: HeaderList, prefixBits: number, adds: boolean, flags: number): Http2Violation | undefined {
    const start = list.length
    const index = this.#integer(prefixBits)
    if (index < 0) return this.#failure
    const number = index === 0 ? this.#literalName(list) : this.#indexedName(list, index)
    if (number < 0) return this.#failure
    const nameLength = list.length - start
    list.reserve(2)
    list.bytes[list.length++] = COLON
    list.bytes[list.length++] = SP
    const valueStart = list.length
    if (!this.#string(list)) return this.#failure
    const valueLength = list.length - valueStart
    const meta = lineMeta(number, list.bytes, valueStart, list.length)
    list.reserve(2)
    list.bytes[list.length++] = CR
    list.bytes[list.length++] = LF
    if (adds) {
      this.mutated = true
      this.table.insert(list.bytes, start, nameLength, valueLength, meta)
    }
    if (list.admit(nameLength, valueLength)) list.commit(start, nameLength, valueLength, meta, flags)
    else list.length = start
    return undefined
  }

  #literalName(list: HeaderList): number {
    const start = list.length
    if (!this.#string(list)) return -1
    return fieldName(list.bytes, start, list.length)
  }

  #indexedName(list: HeaderList, index: number): number {
    const { table } = this
    const isStatic = index <= STATIC_ENTRIES
    const entry = index - STATIC_ENTRIES - 1
    if (!isStatic && entry >= table.count) {
      this.#failure = HPACK_VIOLATIONS.hpack_index_out_of_range
      return -1
    }
    const length = isStatic ? (STATIC_NAME_LENGTHS[index] as number) : table.nameLength(entry)
    list.reserve(length)
    if (isStatic) copyOctets(STATIC_LINES, STATIC_OFFSETS[index] as number, list.bytes, list.length, length)
    else copyOctets(table.arena, table.lineStart(entry), list.bytes, list.length, length)
    list.length += length
    return isStatic ? (STATIC_NAMES[index] as number) : nameNumber(table.meta(entry))
  }

  /** A string literal (§5.2), written behind what `list` has; false after a violation. */
  #string(list: HeaderList): boolean {
    if (this.#at >= this.#end) return this.#fail(HPACK_VIOLATIONS.hpack_truncated)
    const isHuffman = (this.#block[this.#at] as number) >= 0x80
    const length = this.#integer(7)
    if (length < 0) return false
    const from = this.#at
    const to = from + length
    if (to > this.#end) return this.#fail(HPACK_VIOLATIONS.hpack_truncated)
    this.#at = to
    if (!isHuffman) {
      list.reserve(length)
      copyOctets(this.#block, from, list.bytes, list.length, length)
      list.length += length
      return true
    }
    list.reserve(huffmanBound(length))
    const end = huffmanDecode(this.#block, from, to, list.bytes, list.length)
    if (end < 0) return this.#fail(end === HUFFMAN_EOS ? HPACK_VIOLATIONS.hpack_huffman_eos : HPACK_VIOLATIONS.hpack_huffman_padding)
    list.length = end
    return true
  }

  /** An integer with a prefix of `bits` (§5.1), or −1 after a violation. */
  #integer(bits: number): number {
    const mask = (1 << bits) - 1
    let value = (this.#block[this.#at++] as number) & mask
    if (value < mask) return value
    for (let octets = 0, unit = 1; octets < HPACK_INTEGER_OCTETS; octets++, unit *= 128) {
      if (this.#at >= this.#end) {
        this.#failure = HPACK_VIOLATIONS.hpack_truncated
        return -1
      }
      const octet = this.#block[this.#at++] as number
      value += (octet & 0x7f) * unit
      if (octet < 0x80) {
        if (value <= HPACK_INTEGER_MAX) return value
        break
      }
    }
    this.#failure = HPACK_VIOLATIONS.hpack_integer_overflow
    return -1
  }

  #fail(violation: Http2Violation): false {
    this.#failure = violation
    return false
  }
}

/** Copies a table's line behind what `list` has. */
function append(list: HeaderList, lines: Uint8Array, from: number, nameLength: number, valueLength: number, meta: number): void {
  const start = list.length
  const length = nameLength + valueLength + 4
  list.reserve(length)
  copyOctets(lines, from, list.bytes, start, length)
  list.length = start + length
  list.commit(start, nameLength, valueLength, meta, 0)
}
