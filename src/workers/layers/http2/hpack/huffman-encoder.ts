/**
 * Huffman-codes strings for HPACK (RFC 7541 §5.2). Only header blocks of our own pass here, so plain rather than fast. Worker
 * thread.
 */

import type { OctetWriter } from '../frames/octet-writer.ts'
import { HUFFMAN_CODES, HUFFMAN_LENGTHS } from './huffman-code.ts'

/** Octets that `bytes[start … end)` takes when coded. */
export function huffmanLength(bytes: Uint8Array, start: number, end: number): number {
  let bits = 0
  for (let i = start; i < end; i++) bits += HUFFMAN_LENGTHS[bytes[i] as number] as number
  return (bits + 7) >> 3
}

/** Writes the code of each octet, then ones up to the octet's end: "the most significant bits of the code for EOS". */
export function huffmanEncode(bytes: Uint8Array, start: number, end: number, out: OctetWriter): void {
  let pending = 0
  let bits = 0
  for (let i = start; i < end; i++) {
    const code = HUFFMAN_CODES[bytes[i] as number] as number
    for (let left = HUFFMAN_LENGTHS[bytes[i] as number] as number; left > 0; ) {
      const taken = Math.min(8 - bits, left)
      left -= taken
      pending = (pending << taken) | ((code >>> left) & ((1 << taken) - 1))
      bits += taken
      if (bits < 8) continue
      out.octet(pending)
      pending = bits = 0
    }
  }
  if (bits > 0) out.octet((pending << (8 - bits)) | (0xff >> bits))
}
