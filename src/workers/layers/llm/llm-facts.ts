/**
 * LlmFacts: what one LLM exchange has told so far, in one shape for all APIs. Worker thread.
 */

import type { LlmApi } from './llm-api.ts'

export interface LlmError {
  /** `error.type` (Anthropic, OpenAI), `error.status` (Gemini), or a code. */
  readonly type: string
  readonly message: string
}

/** Token counts as the API gave them, −1 where it did not. Anthropic's input excludes what the cache gave, the others' includes it. */
export interface LlmUsage {
  input: number
  output: number
  cached: number
  cacheWritten: number
  reasoning: number
  total: number
}

export class LlmFacts {
  api: LlmApi
  /** Recognised by the path, or by the shape of the answer. */
  evidence: 'path' | 'shape'
  /** The model asked for, and the one that answered. */
  requestedModel = ''
  model = ''
  responseId = ''
  /** The request asked for a stream; the answer was one. */
  stream = false
  streamed = false
  /** Status of the response; 0 where there was none. */
  status = 0
  stopReason = ''
  readonly usage: LlmUsage = { input: -1, output: -1, cached: -1, cacheWritten: -1, reasoning: -1, total: -1 }
  /** Events (or documents) of the answer, and those that carried content. */
  events = 0
  contentEvents = 0
  /** From the end of the request to the first content; −1 without. */
  ttftMs = -1
  /** Between contents. */
  gapTotalMs = 0
  gapMaxMs = 0
  /** The answer's own end was seen: `message_stop`, `[DONE]`, `response.completed`, a stop reason. */
  complete = false
  /** An error, from the body of a refusal or from an event of an answer that began as a 200. */
  error: LlmError | undefined

  constructor(api: LlmApi, evidence: 'path' | 'shape') {
    this.api = api
    this.evidence = evidence
  }

  /** Mean gap between contents, ms; −1 with less than two. */
  get gapMeanMs(): number {
    return this.contentEvents > 1 ? this.gapTotalMs / (this.contentEvents - 1) : -1
  }
}

export interface LlmHandler {
  onLlmRecognized(facts: LlmFacts): void
  /** The first content of the answer has come: `facts.ttftMs`. */
  onLlmFirstContent(facts: LlmFacts): void
  /** `facts.error` is set; `inStream`: as an event after the head of a success. */
  onLlmError(facts: LlmFacts, inStream: boolean): void
  /** The terminal fact of the exchange. */
  onLlmEnd(facts: LlmFacts): void
}
