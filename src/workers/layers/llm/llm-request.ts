/**
 * LlmRequest: model and stream flag of a request body, incrementally; whether it has the shape of an LLM request at all.
 * Pure. Worker thread.
 */

import { LLM_REQUEST_BYTES } from '../../../shared/limits/layers/llm.ts'
import { JSON_STRING, JSON_TRUE, type JsonScalar } from '../json/json-scalar.ts'
import { type JsonHandler, JsonScanner } from '../json/json-scanner.ts'
import { REQUEST_INPUT, REQUEST_MODEL, REQUEST_PATHS, REQUEST_STREAM } from './llm-paths.ts'

export class LlmRequest implements JsonHandler {
  model = ''
  stream = false
  /** It has `messages`, `input`, `contents` or a `prompt`. */
  hasInput = false
  readonly #scanner = new JsonScanner(REQUEST_PATHS, this)
  #seen = 0

  execute(bytes: Uint8Array): void {
    const end = Math.min(bytes.length, LLM_REQUEST_BYTES - this.#seen)
    this.#seen += end
    if (end > 0) this.#scanner.execute(bytes, 0, end)
  }

  onJsonScalar(path: number, scalar: JsonScalar): void {
    if (path === REQUEST_MODEL && scalar.kind === JSON_STRING) this.model = scalar.text
    else if (path === REQUEST_STREAM) this.stream = scalar.kind === JSON_TRUE
    else if (path === REQUEST_INPUT && scalar.kind === JSON_STRING) this.hasInput = true
  }

  onJsonOpen(path: number): void {
    if (path === REQUEST_INPUT) this.hasInput = true
  }

  onJsonClose(): void {}
}
