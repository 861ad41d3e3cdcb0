/**
 * FaultDice: the random numbers of one fault at one candidate: whether it happens, and every amount that it needs. No thread of
 * its own.
 *
 * Nothing here is random: the seed, the rule's name, the fault's number in it, the flow and the exchange are hashed to the state of
 * a small generator. So the same flow and exchange get the same answer whatever the interleaving, and whichever worker asks; and
 * two faults, or two exchanges, share no numbers. The hash is MurmurHash3's mixing of 32-bit words (four of them, under four
 * keys), the generator is sfc32 (128 bits of state, one of them a counter). Neither is fit for secrets, which is not what they are for.
 */

/** Rounds after which the state shows nothing of the words that it was made of. */
const WARM_UP_ROUNDS = 12
const TWO_POW_32 = 0x1_0000_0000

/** What the numbers depend on. */
export interface DiceKey {
  readonly seed: number
  readonly rule: string
  readonly fault: number
  readonly flow: number
  /** Exchange, stream, or NO_STREAM where the fault is about the connection. */
  readonly exchange: number
}

export class FaultDice {
  #a: number
  #b: number
  #c: number
  #counter = 1

  constructor(key: DiceKey) {
    this.#a = hash(0x9e3779b9, key)
    this.#b = hash(0x85ebca6b, key)
    this.#c = hash(0xc2b2ae35, key)
    for (let round = 0; round < WARM_UP_ROUNDS; round++) this.#word()
  }

  /** From 0, inclusive, to 1, exclusive. */
  next(): number {
    return this.#word() / TWO_POW_32
  }

  /** A whole number from 0 to `below` − 1. */
  integer(below: number): number {
    return Math.floor(this.next() * below)
  }

  /** Normally distributed around 0 with standard deviation 1 (Box and Muller). */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()))
    return radius * Math.cos(2 * Math.PI * this.next())
  }

  #word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum >>> 0
  }
}

function hash(key: number, { seed, rule, fault, flow, exchange }: DiceKey): number {
  let state = mix(key, seed)
  for (let at = 0; at < rule.length; at++) state = mix(state, rule.charCodeAt(at))
  state = mix(state, rule.length)
  state = mix(state, fault)
  state = mix(state, flow % TWO_POW_32)
  state = mix(state, Math.floor(flow / TWO_POW_32))
  return scatter(mix(state, exchange))
}

/** MurmurHash3's body for one word. */
function mix(state: number, word: number): number {
  const scaled = Math.imul(word | 0, 0xcc9e2d51)
  const turned = state ^ Math.imul((scaled << 15) | (scaled >>> 17), 0x1b873593)
  return (Math.imul((turned << 13) | (turned >>> 19), 5) + 0xe6546b64) | 0
}

/** MurmurHash3's end: every bit of the state reaches every other. */
function scatter(state: number): number {
  const once = Math.imul(state ^ (state >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}
