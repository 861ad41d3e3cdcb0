/**
 * ProviderLines: octets of a provider → lines of bounded length. A line beyond the bound is told once and skipped to its end;
 * empty lines are nothing. Pure. Main thread.
 */

import { PROVIDER_LINE_BYTES } from '../../shared/limits/providers.ts'

const LF = 0x0a
const NOTHING = new Uint8Array(0)
const UTF8 = new TextDecoder('utf-8')

export interface LineHandler {
  onLine(text: string): void
  onTooLong(): void
}

export class ProviderLines {
  readonly #handler: LineHandler
  /** The beginning of a line whose end has not come: at most PROVIDER_LINE_BYTES. */
  #pending = NOTHING
  #skipping = false

  constructor(handler: LineHandler) {
    this.#handler = handler
  }

  execute(bytes: Uint8Array): void {
    let start = 0
    for (let end = bytes.indexOf(LF); end !== -1; end = bytes.indexOf(LF, start)) {
      this.#take(bytes.subarray(start, end))
      this.#end()
      start = end + 1
    }
    this.#take(bytes.subarray(start))
  }

  #take(part: Uint8Array): void {
    if (this.#skipping || part.length === 0) return
    if (this.#pending.length + part.length > PROVIDER_LINE_BYTES) {
      this.#pending = NOTHING
      this.#skipping = true
      this.#handler.onTooLong()
      return
    }
    const joined = new Uint8Array(this.#pending.length + part.length)
    joined.set(this.#pending)
    joined.set(part, this.#pending.length)
    this.#pending = joined
  }

  #end(): void {
    const line = this.#pending
    this.#pending = NOTHING
    if (!this.#skipping && line.length > 0) {
      const text = UTF8.decode(line).trim()
      if (text !== '') this.#handler.onLine(text)
    }
    this.#skipping = false
  }
}
