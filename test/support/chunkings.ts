/**
 * chunkings: the ways in which a parser test must cut its input (after h11's `tr()`).
 *
 * Whole, octet by octet, every split in two (up to a bound), and seeded random splits. A parser must tell the same facts for
 * every one of them.
 */

const MAX_TWO_SPLITS = 512
const RANDOM_SPLITS = 16

/** Yields copies of `source` cut in many ways, each as a list of chunks whose concatenation is `source`. */
export function* chunkings(source: Uint8Array, seed = 1): Generator<Uint8Array[]> {
  // `Buffer.prototype.slice` is a view; a plain Uint8Array's is the copy that is promised.
  const input = Uint8Array.from(source)
  yield [input.slice()]
  yield Array.from(input, (byte) => Uint8Array.of(byte))
  const step = Math.max(1, Math.ceil(input.length / MAX_TWO_SPLITS))
  for (let at = 1; at < input.length; at += step) yield [input.slice(0, at), input.slice(at)]
  const random = seededRandom(seed)
  for (let n = 0; n < RANDOM_SPLITS; n++) yield randomSplit(input, random)
}

/** A small deterministic generator (mulberry32), uniform in [0, 1). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

function randomSplit(input: Uint8Array, random: () => number): Uint8Array[] {
  const chunks: Uint8Array[] = []
  for (let at = 0; at < input.length; ) {
    const size = 1 + Math.floor(random() * Math.min(64, input.length - at))
    chunks.push(input.slice(at, at + size))
    at += size
  }
  return chunks
}
