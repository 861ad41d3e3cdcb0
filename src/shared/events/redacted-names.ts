/**
 * RedactedNames: the field names whose values no event carries. Names are compared without case (RFC 9110 §5.1), most of
 * them by length alone. No thread of its own.
 */

export const REDACTED = '[redacted]'

export class RedactedNames {
  readonly #names: ReadonlySet<string>
  /** 1 at each length that a name has. */
  readonly #lengths: Uint8Array

  /** `names` in lower case. */
  constructor(names: ReadonlySet<string>) {
    this.#names = names
    this.#lengths = new Uint8Array(1 + Math.max(0, ...Array.from(names, (name) => name.length)))
    for (const name of names) this.#lengths[name.length] = 1
  }

  covers(name: string): boolean {
    return this.#lengths[name.length] === 1 && this.#names.has(name.toLowerCase())
  }

  /** As `covers`, of the Latin-1 text `bytes[start, end)`. */
  coversOctets(bytes: Buffer, start: number, end: number): boolean {
    return this.#lengths[end - start] === 1 && this.#names.has(bytes.toString('latin1', start, end).toLowerCase())
  }
}
