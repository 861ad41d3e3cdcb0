/**
 * LineSplitter: the lines of an NDJSON body (`application/x-ndjson`, `application/jsonl`, …), incrementally and bounded. Splits, does not
 * parse: what a line holds is the payload parser's business. Pure. Worker thread.
 *
 * Lines end with LF; a CR before it is JSON whitespace and stays. Empty lines are no values and are skipped, a last line
 * without LF counts. A line that lies whole in a chunk is not copied.
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import { LINE_BYTES } from '../../../shared/limits/layers/payloads.ts'

export interface LineHandler {
  /** Line `index` (from 0) has `size` octets, of which `bytes[start … end)` are shown: all, or the first LINE_BYTES. */
  onLine(index: number, bytes: Uint8Array, start: number, end: number, size: number): void
}

const LF = 0x0a
const CR = 0x0d

/** Media types of line-delimited JSON, as `mediaType` gives them. */
const NDJSON_TYPES = new Set([
  'application/x-ndjson',
  'application/ndjson',
  'application/jsonl',
  'application/x-jsonlines',
  'application/json-lines',
  'application/jsonlines',
  'application/stream+json',
])

export function isNdjsonType(type: string): boolean {
  return NDJSON_TYPES.has(type)
}

export class LineSplitter {
  readonly #handler: LineHandler
  readonly #partial = new BoundedBytes(LINE_BYTES)
  #index = 0

  constructor(handler: LineHandler) {
    this.#handler = handler
  }

  execute(bytes: Uint8Array): void {
    let at = 0
    for (;;) {
      const end = bytes.indexOf(LF, at)
      if (end === -1) break
      if (this.#partial.size === 0) {
        this.#line(bytes, at, Math.min(end, at + LINE_BYTES), end - at)
      } else {
        this.#partial.append(bytes, at, end)
        this.#flush()
      }
      at = end + 1
    }
    this.#partial.append(bytes, at, bytes.length)
  }

  finish(): void {
    this.#flush()
  }

  #flush(): void {
    this.#line(this.#partial.bytes, 0, this.#partial.length, this.#partial.size)
    this.#partial.clear()
  }

  #line(bytes: Uint8Array, start: number, end: number, size: number): void {
    if (size === 0 || (size === 1 && bytes[start] === CR)) return
    this.#handler.onLine(this.#index++, bytes, start, end, size)
  }
}
