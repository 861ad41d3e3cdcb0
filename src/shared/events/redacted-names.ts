/**
 * RedactedNames: the field names whose values no event carries. Names are compared without case (RFC 9110 §5.1), most of
 * them by length alone and almost all others by their first octet. No thread of its own.
 */

export const REDACTED = '[redacted]'

const UPPER_A = 0x41
const UPPER_Z = 0x5a
const CASE_BIT = 0x20
const NONE: readonly Uint8Array[] = []

export class RedactedNames {
  /** The names by length, in lower case. */
  readonly #byLength: (readonly Uint8Array[])[] = []

  /** `names` in lower case. */
  constructor(names: ReadonlySet<string>) {
    for (const name of names) {
      const octets = Buffer.from(name, 'latin1')
      while (this.#byLength.length <= octets.length) this.#byLength.push(NONE)
      this.#byLength[octets.length] = [...(this.#byLength[octets.length] ?? NONE), octets]
    }
  }

  /** Whether the name `bytes[start, end)` is one of them. */
  covers(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start >= this.#byLength.length) return false
    const candidates = this.#byLength[end - start] as readonly Uint8Array[]
    for (let n = 0; n < candidates.length; n++) {
      if (equals(candidates[n] as Uint8Array, bytes, start)) return true
    }
    return false
  }
}

function equals(name: Uint8Array, bytes: Uint8Array, start: number): boolean {
  for (let i = 0; i < name.length; i++) {
    const octet = bytes[start + i] as number
    if ((octet >= UPPER_A && octet <= UPPER_Z ? octet | CASE_BIT : octet) !== name[i]) return false
  }
  return true
}
