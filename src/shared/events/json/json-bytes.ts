/**
 * JsonBytes: builds JSON text as octets, from octets, without making strings (RFC 8259 §7). Grows, is taken, begins anew.
 *
 * Escapes are exactly those of `JSON.stringify`, so both ways of writing an event give the same octets. Callers reserve room
 * once per record (`ensure`); the primitives do not check. Aggregator thread.
 */

const PLAIN = 0
const ESCAPED = 1
const BEYOND_ASCII = 2
const QUOTE = 0x22
const BACKSLASH = 0x5c
const MINUS = 0x2d
const DOT = 0x2e
const ZERO = 0x30
const FIRST_PRINTABLE = 0x20
const FIRST_BEYOND_ASCII = 0x80
const TEN = 10
const THOUSAND = 1000
const MAX_EXACT_THOUSANDTHS = 1e15 - 1
/** Integers below are written digit by digit: exact, and shorter than 21 digits as `String` writes them. */
const MAX_DIGITS_VALUE = Number.MAX_SAFE_INTEGER
const MAX_INT32 = 0x7fffffff
const MAX_INT32_DIGITS = 10
const BILLION = 1_000_000_000
const BILLION_DIGITS = 9
const POWERS: readonly number[] = Array.from({ length: MAX_INT32_DIGITS }, (_, exponent) => TEN ** exponent)
/** Taken once: the global `Buffer` is a getter. */
const { copy } = Buffer.prototype
/** Literals up to this length are copied in a loop; a call of `copy` costs some 35 ns. */
const LOOP_BYTES = 40

/** What JSON does to each octet. */
const CLASSES: Uint8Array = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet >= FIRST_BEYOND_ASCII) return BEYOND_ASCII
  return octet < FIRST_PRINTABLE || octet === QUOTE || octet === BACKSLASH ? ESCAPED : PLAIN
})
/** Escapes by octet: two characters where JSON has them, else `\u00XX`. */
const ESCAPES: readonly Uint8Array[] = Array.from({ length: FIRST_BEYOND_ASCII }, (_, octet) =>
  Buffer.from(JSON.stringify(String.fromCharCode(octet)).slice(1, -1)),
)

/** Most octets that one octet of text becomes: `\u00XX`. */
export const MAX_ESCAPED_BYTES = 6

export class JsonBytes {
  /** Octets written since `take`. */
  length = 0
  #bytes: Buffer

  constructor(capacity: number) {
    this.#bytes = Buffer.allocUnsafe(capacity)
  }

  /** Makes room for `more` octets. */
  ensure(more: number): void {
    if (this.length + more <= this.#bytes.length) return
    const wider = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.length + more))
    this.#bytes.copy(wider, 0, 0, this.length)
    this.#bytes = wider
  }

  /** The octets written so far, a view that is valid until the next write; the next write begins anew. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(0, this.length)
    this.length = 0
    return taken
  }

  /** Copies what was written from position `start` on, where it fits, into `target`; returns its length. */
  copySince(start: number, target: Uint8Array): number {
    return copy.call(this.#bytes, target, 0, start, this.length)
  }

  /** A copy of what was written from position `start` on. */
  since(start: number): Uint8Array {
    return Uint8Array.prototype.slice.call(this.#bytes, start, this.length)
  }

  octet(value: number): void {
    this.#bytes[this.length++] = value
  }

  /** Octets that are JSON already. */
  raw(source: Uint8Array, start: number, end: number): void {
    const target = this.#bytes
    let at = this.length
    this.length = at + end - start
    if (end - start > LOOP_BYTES) {
      copy.call(source, target, at, start, end)
      return
    }
    for (let i = start; i < end; i++) target[at++] = source[i] as number
  }

  /** A number: what `String` makes of it. */
  number(value: number): void {
    if (!Number.isInteger(value) || Math.abs(value) > MAX_DIGITS_VALUE) {
      const thousandths = Math.round(value * THOUSAND)
      // Most fractions are times in milliseconds, to the microsecond: up to 15 digits are the same text either way.
      if (value > 0 && thousandths <= MAX_EXACT_THOUSANDTHS && thousandths / THOUSAND === value) this.thousandths(thousandths)
      else this.length += this.#bytes.write(String(value), this.length, 'latin1')
      return
    }
    if (value < 0) this.octet(MINUS)
    this.#integer(Math.abs(value), 1)
  }

  /** A non-negative integer, with leading zeros up to `width` digits. */
  padded(value: number, width: number): void {
    this.#integer(value, width)
  }

  /** `thousandths` ÷ 1000, without trailing zeros. */
  thousandths(value: number): void {
    const whole = Math.floor(value / THOUSAND)
    let rest = value - whole * THOUSAND
    this.#integer(whole, 1)
    if (rest === 0) return
    this.octet(DOT)
    let width = 3
    while (rest % TEN === 0) {
      rest /= TEN
      width--
    }
    this.#integer(rest, width)
  }

  /** A JavaScript string, quoted. */
  string(value: string): void {
    const start = this.length
    const target = this.#bytes
    let at = start
    target[at++] = QUOTE
    for (let i = 0; i < value.length; i++) {
      const code = value.charCodeAt(i)
      if (code >= FIRST_BEYOND_ASCII || CLASSES[code] !== PLAIN) {
        this.length = start + target.write(JSON.stringify(value), start)
        return
      }
      target[at++] = code
    }
    target[at++] = QUOTE
    this.length = at
  }

  /** Octets of Latin-1 text, quoted; those beyond ASCII become two of UTF-8. */
  latin1(source: Uint8Array, start: number, end: number): void {
    this.octet(QUOTE)
    for (let at = this.#ascii(source, start, end); at < end; at = this.#ascii(source, at + 1, end)) {
      const octet = source[at] as number
      this.octet(0xc0 | (octet >> 6))
      this.octet(0x80 | (octet & 0x3f))
    }
    this.octet(QUOTE)
  }

  /** Octets of UTF-8 text, quoted. What is not UTF-8 becomes U+FFFD, as in a decoded string. */
  utf8(source: Buffer, start: number, end: number): void {
    const before = this.length
    this.octet(QUOTE)
    if (this.#ascii(source, start, end) === end) this.octet(QUOTE)
    else this.length = before + this.#bytes.write(JSON.stringify(source.toString('utf8', start, end)), before)
  }

  /** Writes octets, escaped where JSON asks for it, up to the first that is not ASCII. Returns where it stands, or `end`. */
  #ascii(source: Uint8Array, start: number, end: number): number {
    const target = this.#bytes
    let at = this.length
    let from = start
    for (; from < end; from++) {
      const octet = source[from] as number
      const kind = CLASSES[octet]
      if (kind === PLAIN) target[at++] = octet
      else if (kind === ESCAPED) at = putEscape(target, at, octet)
      else break
    }
    this.length = at
    return from
  }

  #integer(value: number, width: number): void {
    // In parts that fit 32 bits, whose division by a constant is a multiplication.
    if (value > MAX_INT32) {
      const high = Math.floor(value / BILLION)
      this.#integer(high, Math.max(1, width - BILLION_DIGITS))
      this.#integer(value - high * BILLION, BILLION_DIGITS)
      return
    }
    let digits = width
    while (digits < MAX_INT32_DIGITS && value >= (POWERS[digits] as number)) digits++
    const target = this.#bytes
    let rest = value | 0
    for (let at = this.length + digits - 1; at >= this.length; at--) {
      const next = (rest / TEN) | 0
      target[at] = ZERO + (rest - next * TEN)
      rest = next
    }
    this.length += digits
  }
}

function putEscape(target: Uint8Array, start: number, octet: number): number {
  const text = ESCAPES[octet] as Uint8Array
  let at = start
  for (let i = 0; i < text.length; i++) target[at++] = text[i] as number
  return at
}
