/**
 * The Huffman code of HPACK (RFC 7541 Appendix B), as code and length per symbol.
 *
 * The code is canonical (§5.2): within one length codes ascend with the symbol, and each length goes on where the one before
 * ended. So the lengths say all, and this file has nothing else. Worker thread.
 */

/** Symbols 0–255 are octets; 256 is EOS, which no string may contain. */
export const EOS = 256
const SYMBOLS = 257

/** `[bits, symbols…]`: a number is a symbol, a pair a range of symbols, a string one symbol per character. */
type Row = readonly [bits: number, ...symbols: (number | string | readonly [first: number, last: number])[]]

const ROWS: readonly Row[] = [
  [5, '012aceiost'],
  [6, ' %-./3456789=A_bdfghlmnpru'],
  [7, ':BCDEFGHIJKLMNOPQRSTUVWYjkqvwxyz'],
  [8, '&*,;XZ'],
  [10, '!"()?'],
  [11, "'+|"],
  [12, '#>'],
  [13, 0, '$@[]~'],
  [14, '^}'],
  [15, '<`{'],
  [19, '\\', 195, 208],
  [20, 128, 130, 131, 162, 184, 194, 224, 226],
  [21, 153, 161, 167, 172, 176, 177, 179, 209, 216, 217, 227, 229, 230],
  [22, 129, [132, 134], 136, 146, 154, 156, 160, 163, 164, 169, 170, 173, 178, 181, [185, 187], 189, 190, 196, 198, 228, 232, 233],
  [23, 1, 135, [137, 141], 143, 147, [149, 152], 155, 157, 158, 165, 166, 168, 174, 175, 180, 182, 183, 188, 191, 197, 231, 239],
  [24, 9, 142, 144, 145, 148, 159, 171, 206, 215, 225, 236, 237],
  [25, 199, 207, 234, 235],
  [26, 192, 193, [200, 202], 205, 210, 213, 218, 219, 238, 240, 242, 243, 255],
  [27, 203, 204, 211, 212, 214, [221, 223], 241, [244, 248], [250, 254]],
  [28, [2, 8], 11, 12, [14, 21], [23, 31], 127, 220, 249],
  [30, 10, 13, 22, EOS],
]

/** Bits of the code of each symbol, right-aligned in `HUFFMAN_CODES`. */
export const HUFFMAN_LENGTHS: Uint8Array = new Uint8Array(SYMBOLS)
export const HUFFMAN_CODES: Uint32Array = new Uint32Array(SYMBOLS)

let code = 0
let bits = 0
for (const [length, ...symbols] of ROWS) {
  code *= 2 ** (length - bits)
  bits = length
  for (const symbol of symbols.flatMap(expand)) {
    HUFFMAN_LENGTHS[symbol] = length
    HUFFMAN_CODES[symbol] = code++
  }
}

function expand(part: number | string | readonly [number, number]): number[] {
  if (typeof part === 'number') return [part]
  if (typeof part === 'string') return Array.from(part, (character) => character.charCodeAt(0))
  return Array.from({ length: part[1] - part[0] + 1 }, (_, i) => part[0] + i)
}
