/**
 * JsonCheck: whether octets are JSON documents, one after the other. Builds nothing, so the spelling of numbers and strings is not
 * judged (`json-scanner.ts`). Pure. Worker thread.
 */

import type { DecodeReason } from '../../../shared/events/decode-reasons.ts'
import { JSON_DEPTH } from '../../../shared/limits/layers/json.ts'
import { compileJsonPaths } from '../json/json-paths.ts'
import { JsonScanner } from '../json/json-scanner.ts'

export interface JsonFault {
  readonly reason: DecodeReason
  readonly detail: string
}

/** Nothing is looked for. */
const NO_PLACES = compileJsonPaths([])
const NOBODY = { onJsonScalar: () => {}, onJsonOpen: () => {}, onJsonClose: () => {} }

export class JsonCheck {
  readonly #scanner = new JsonScanner(NO_PLACES, NOBODY)

  execute(bytes: Uint8Array, start: number, end: number): void {
    this.#scanner.execute(bytes, start, end)
  }

  /** The document has ended, and the next begins: what is wrong with it, if anything. Whitespace alone is no document, and no fault. */
  finish(): JsonFault | undefined {
    const scanner = this.#scanner
    const { tooDeep, failed, untouched } = scanner
    const complete = scanner.finish()
    scanner.reset()
    if (tooDeep) return { reason: 'nesting_limit', detail: `containers are nested deeper than ${JSON_DEPTH}` }
    if (failed) return { reason: 'corrupt', detail: 'this is no JSON document' }
    return complete || untouched ? undefined : { reason: 'truncated', detail: 'the JSON document has no end' }
  }
}
