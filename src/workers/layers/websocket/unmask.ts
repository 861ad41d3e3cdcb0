/**
 * Unmasking (RFC 6455 §5.3): payload octet i is XORed with octet i mod 4 of the key. Worker thread.
 *
 * Into a scratch buffer, for the relayed octets must stay as they are; by 32-bit words, whatever the position in the frame.
 */

/** Below this many octets, setting up words costs more than it saves. */
const WORDWISE_BYTES = 32

const rotated = new Uint8Array(4)
const rotatedWord = new Int32Array(rotated.buffer)

/** A buffer that `unmask` can write to: octets and words over the same memory. */
export class UnmaskTarget {
  readonly bytes: Uint8Array
  readonly words: Int32Array

  constructor(size: number) {
    const memory = new ArrayBuffer(size)
    this.bytes = new Uint8Array(memory)
    this.words = new Int32Array(memory, 0, size >> 2)
  }
}

/** Writes `source[start … end)` to `target` from 0, unmasked; `phase` octets of the payload came before. Returns their count. */
export function unmask(target: UnmaskTarget, source: Uint8Array, start: number, end: number, key: Uint8Array, phase: number): number {
  const count = end - start
  const bytes = target.bytes
  if (count < WORDWISE_BYTES) {
    for (let i = 0; i < count; i++) bytes[i] = (source[start + i] as number) ^ (key[(phase + i) & 3] as number)
    return count
  }
  for (let i = 0; i < 4; i++) rotated[i] = key[(phase + i) & 3] as number
  const word = rotatedWord[0] as number
  bytes.set(source.subarray(start, end))
  const words = count >> 2
  for (let i = 0; i < words; i++) target.words[i] = (target.words[i] as number) ^ word
  for (let i = words << 2; i < count; i++) bytes[i] = (bytes[i] as number) ^ (rotated[i & 3] as number)
  return count
}
