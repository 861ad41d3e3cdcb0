/**
 * LlmDocument: reads one JSON document of an answer (an event's data, or a whole response) into plain fields. Pure. Worker
 * thread.
 */

import { JSON_ARRAY, JSON_OBJECT, JSON_STRING, type JsonKind, type JsonScalar } from '../json/json-scalar.ts'
import { type JsonHandler, JsonScanner } from '../json/json-scanner.ts'
import type { LlmApi } from './llm-api.ts'
import type { LlmUsage } from './llm-facts.ts'
import {
  CANDIDATES,
  CONTENT,
  ELEMENT,
  ERROR,
  ERROR_MESSAGE,
  ERROR_TYPE,
  EVENT_CODE,
  EVENT_MESSAGE,
  MODEL,
  OBJECT,
  RESPONSE_ID,
  RESPONSE_PATHS,
  ROOT,
  STATUS,
  STOP_REASON,
  TYPE,
  USAGE_CACHE_WRITTEN,
  USAGE_CACHED,
  USAGE_INPUT,
  USAGE_OUTPUT,
  USAGE_REASONING,
  USAGE_TOTAL,
} from './llm-paths.ts'

export class LlmDocument implements JsonHandler {
  type = ''
  object = ''
  model = ''
  responseId = ''
  stopReason = ''
  status = ''
  hasContent = false
  hasCandidates = false
  hasError = false
  errorType = ''
  errorMessage = ''
  /** `error.code`, or the top-level `code` and `message` of an event of type `error` (Responses). */
  eventCode = ''
  eventMessage = ''
  /** Counts seen in this document; −1: not seen. */
  readonly usage: LlmUsage = { input: -1, output: -1, cached: -1, cacheWritten: -1, reasoning: -1, total: -1 }
  readonly #scanner = new JsonScanner(RESPONSE_PATHS, this)
  readonly #onComplete: (document: LlmDocument) => void
  #array = false

  /** `onComplete` is called for the document, or for every element of one that is an array. */
  constructor(onComplete: (document: LlmDocument) => void) {
    this.#onComplete = onComplete
  }

  reset(): void {
    this.#scanner.reset()
  }

  execute(bytes: Uint8Array, start?: number, end?: number): void {
    this.#scanner.execute(bytes, start, end)
  }

  /** Which API gives documents of this shape. */
  get api(): LlmApi | undefined {
    if (this.hasCandidates) return 'gemini'
    if (this.object === 'text_completion') return 'openai_completions'
    if (this.object.startsWith('chat.completion')) return 'openai_chat'
    if (this.object === 'response' || this.type.startsWith('response.')) return 'openai_responses'
    return this.type === 'message' || this.type === 'message_start' ? 'anthropic_messages' : undefined
  }

  onJsonOpen(path: number, kind: JsonKind): void {
    if (path === ROOT) this.#array = kind === JSON_ARRAY
    if (path === ROOT || path === ELEMENT) this.#clear()
    else if (path === CANDIDATES) this.hasCandidates = kind === JSON_ARRAY
    else if (path === ERROR && kind === JSON_OBJECT) this.hasError = true
  }

  onJsonClose(path: number): void {
    if (path === ELEMENT || (path === ROOT && !this.#array)) this.#onComplete(this)
  }

  onJsonScalar(path: number, scalar: JsonScalar): void {
    if (path >= USAGE_INPUT) this.#count(path, scalar.number)
    else if (scalar.kind === JSON_STRING) this.#text(path, scalar)
    else if (path === EVENT_CODE) this.eventCode = scalar.text
  }

  #text(path: number, scalar: JsonScalar): void {
    switch (path) {
      case TYPE:
        this.type = scalar.text
        break
      case OBJECT:
        this.object = scalar.text
        break
      case MODEL:
        this.model = scalar.text
        break
      case RESPONSE_ID:
        this.responseId = scalar.text
        break
      case STOP_REASON:
        this.stopReason = scalar.text
        break
      case STATUS:
        this.status = scalar.text
        break
      case CONTENT:
        this.hasContent ||= scalar.end > scalar.start
        break
      case ERROR:
        this.hasError = true
        this.errorMessage = scalar.text
        break
      case ERROR_TYPE:
        this.errorType = scalar.text
        break
      case ERROR_MESSAGE:
        this.errorMessage = scalar.text
        break
      case EVENT_CODE:
        this.eventCode = scalar.text
        break
      case EVENT_MESSAGE:
        this.eventMessage = scalar.text
        break
    }
  }

  #count(path: number, value: number | undefined): void {
    if (value === undefined) return
    switch (path) {
      case USAGE_INPUT:
        this.usage.input = value
        break
      case USAGE_OUTPUT:
        this.usage.output = value
        break
      case USAGE_CACHED:
        this.usage.cached = value
        break
      case USAGE_CACHE_WRITTEN:
        this.usage.cacheWritten = value
        break
      case USAGE_REASONING:
        this.usage.reasoning = value
        break
      case USAGE_TOTAL:
        this.usage.total = value
        break
    }
  }

  #clear(): void {
    this.type = this.object = this.model = this.responseId = this.stopReason = this.status = ''
    this.errorType = this.errorMessage = this.eventCode = this.eventMessage = ''
    this.hasContent = this.hasCandidates = this.hasError = false
    const usage = this.usage
    usage.input = usage.output = usage.cached = usage.cacheWritten = usage.reasoning = usage.total = -1
  }
}
