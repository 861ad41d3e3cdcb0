/**
 * Decodes the Huffman-coded strings of HPACK (RFC 7541 §5.2), four bits at a time, by a state table built once. Worker thread.
 *
 * A state is a node of the code tree that is not a leaf (256 of them for 257 symbols). Codes have at least 5 bits, so four bits
 * end at most one symbol: each entry is one small integer, and the whole table 16 KiB, which stays in the L1 cache.
 *
 *     entry   EMIT<<17 | symbol<<9 | FAIL<<8 | next state
 *
 * The padding after the last symbol is a prefix of EOS shorter than a byte: a string may end only in the states along the first
 * seven ones from the root.
 */

import { EOS, HUFFMAN_CODES, HUFFMAN_LENGTHS } from './huffman-code.ts'

const STATES = 256
const NIBBLES = 16
const NEXT_MASK = 0xff
const FAIL_BIT = 1 << 8
const SYMBOL_SHIFT = 9
const EMIT_BIT = 1 << 17
/** "A padding strictly longer than 7 bits MUST be treated as a decoding error." */
const MAX_PADDING_BITS = 7

/** What `huffmanDecode` returns instead of a length. */
export const HUFFMAN_EOS = -1
const HUFFMAN_BAD_PADDING = -2

const { table: TABLE, accepting: ACCEPTING } = build()

/** The most octets that `length` coded octets can decode to: the shortest codes have 5 bits. */
export function huffmanBound(length: number): number {
  return Math.floor((length * 8) / 5)
}

/** Decodes `source[start … end)` into `target` from `at` on, which must have room for `huffmanBound`. The end of what it wrote, or an error. */
export function huffmanDecode(source: Uint8Array, start: number, end: number, target: Uint8Array, at: number): number {
  let state = 0
  let to = at
  for (let from = start; from < end; from++) {
    const octet = source[from] as number
    let entry = TABLE[(state << 4) | (octet >> 4)] as number
    if ((entry & EMIT_BIT) !== 0) target[to++] = entry >> SYMBOL_SHIFT
    let failed = entry
    entry = TABLE[((entry & NEXT_MASK) << 4) | (octet & 0xf)] as number
    if ((entry & EMIT_BIT) !== 0) target[to++] = entry >> SYMBOL_SHIFT
    failed |= entry
    if ((failed & FAIL_BIT) !== 0) return HUFFMAN_EOS
    state = entry & NEXT_MASK
  }
  return ACCEPTING[state] === 1 ? to : HUFFMAN_BAD_PADDING
}

/** The code tree: `children[node × 2 + bit]` is a node, or ~symbol at a leaf. */
function codeTree(): Int16Array {
  const children = new Int16Array(STATES * 2)
  let nodes = 1
  for (let symbol = 0; symbol <= EOS; symbol++) {
    let node = 0
    for (let bit = (HUFFMAN_LENGTHS[symbol] as number) - 1; bit > 0; bit--) {
      const branch = node * 2 + (((HUFFMAN_CODES[symbol] as number) >>> bit) & 1)
      if (children[branch] === 0) children[branch] = nodes++
      node = children[branch] as number
    }
    children[node * 2 + ((HUFFMAN_CODES[symbol] as number) & 1)] = ~symbol
  }
  return children
}

function build(): { table: Int32Array; accepting: Uint8Array } {
  const children = codeTree()
  const table = new Int32Array(STATES * NIBBLES)
  for (let state = 0; state < STATES; state++) {
    for (let nibble = 0; nibble < NIBBLES; nibble++) table[state * NIBBLES + nibble] = walk(children, state, nibble)
  }
  const accepting = new Uint8Array(STATES)
  for (let depth = 0, node = 0; depth <= MAX_PADDING_BITS; depth++, node = children[node * 2 + 1] as number) accepting[node] = 1
  return { table, accepting }
}

function walk(children: Int16Array, state: number, nibble: number): number {
  let entry = 0
  let node = state
  for (let bit = 3; bit >= 0; bit--) {
    node = children[node * 2 + ((nibble >> bit) & 1)] as number
    if (node >= 0) continue
    const symbol = ~node
    if (symbol === EOS) return FAIL_BIT
    entry = EMIT_BIT | (symbol << SYMBOL_SHIFT)
    node = 0
  }
  return entry | node
}
