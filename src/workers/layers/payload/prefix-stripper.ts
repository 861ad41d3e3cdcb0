/**
 * PrefixStripper: takes the prefix off a JSON body that was put there to keep it from being included as a script, and a byte order
 * mark before it (RFC 8259 §8.1: "MAY ignore"). For the payload parser only; the relayed octets keep theirs. Pure.
 * Worker thread.
 *
 *     EF BB BF? │ )]}' ,? │ while(1); │ for(;;); │ &&&START&&& │ {}&& │ …    then the payload, untouched
 *
 * Octets are held back only while they may still become a prefix: at most the mark and 12 octets.
 */

export interface PrefixHandler {
  /** A prefix (and mark, as U+FEFF) was taken off. At most once, before any payload. */
  onPrefix(prefix: string): void
  onPayload(bytes: Uint8Array, start: number, end: number): void
}

/**
 * The prefixes in use: Angular's and Gerrit's, Gin's and Google's (`while(1);`), Facebook's (`for (;;);`), and those of Dojo and of Java
 * frameworks. The longer of two comes first.
 */
const PREFIXES = [")]}',", ")]}'", 'while(1);', 'while (1);', 'for(;;);', 'for (;;);', '&&&START&&&', '{}&&', '{} &&'].map((text) =>
  Buffer.from(text, 'latin1'),
)

const BOM = Uint8Array.of(0xef, 0xbb, 0xbf)
const HELD_BYTES = 3 + Math.max(...PREFIXES.map((prefix) => prefix.length))

export class PrefixStripper {
  readonly #handler: PrefixHandler
  readonly #held = new Uint8Array(HELD_BYTES)
  #length = 0
  #decided = false

  constructor(handler: PrefixHandler) {
    this.#handler = handler
  }

  /** Octets in order, any split. */
  execute(bytes: Uint8Array): void {
    let at = 0
    while (!this.#decided && at < bytes.length) {
      this.#held[this.#length++] = bytes[at++] as number
      this.#decide(false)
    }
    if (at < bytes.length) this.#handler.onPayload(bytes, at, bytes.length)
  }

  /** The body has ended: what was held is payload after all. */
  finish(): void {
    if (!this.#decided) this.#decide(true)
  }

  /** Looks at what is held: can it still become a longer prefix, is it one, or is it payload? */
  #decide(ended: boolean): void {
    const mark = startsWith(this.#held, 0, this.#length, BOM)
    const start = mark ? BOM.length : 0
    if (!ended && (this.#couldGrow(BOM, 0) || PREFIXES.some((prefix) => this.#couldGrow(prefix, start)))) return
    this.#decided = true
    const payload = prefixEnd(this.#held, 0, this.#length)
    if (payload > 0) this.#handler.onPrefix(Buffer.from(this.#held.subarray(0, payload)).toString())
    if (payload < this.#length) this.#handler.onPayload(this.#held, payload, this.#length)
  }

  /** Everything held from `start` on is a proper beginning of `prefix`. */
  #couldGrow(prefix: Uint8Array, start: number): boolean {
    const count = this.#length - start
    if (count >= prefix.length) return false
    for (let i = 0; i < count; i++) if (this.#held[start + i] !== prefix[i]) return false
    return true
  }
}

/** Where the payload of `bytes[start … end)` begins, behind a mark and a prefix; `start` where there is neither. */
export function prefixEnd(bytes: Uint8Array, start: number, end: number): number {
  const at = startsWith(bytes, start, end, BOM) ? start + BOM.length : start
  return at + (PREFIXES.find((prefix) => startsWith(bytes, at, end, prefix))?.length ?? 0)
}

function startsWith(bytes: Uint8Array, start: number, end: number, prefix: Uint8Array): boolean {
  if (end - start < prefix.length) return false
  for (let i = 0; i < prefix.length; i++) if (bytes[start + i] !== prefix[i]) return false
  return true
}
