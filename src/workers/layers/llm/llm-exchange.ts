/**
 * LlmExchange: observes one HTTP exchange for an LLM call: model, usage, stop reason, time to first token, gaps between tokens,
 * errors inside a 200. Pure: time comes in. Worker thread.
 *
 * Recognised by path first and by shape second. Fed by the owner of the exchange, beside whatever else observes it: the
 * request body, then the response as body octets (JSON) or as the events of an EventStreamParser. Memory is constant.
 */

import { LLM_RESPONSE_BYTES, LLM_SHAPE_EVENTS } from '../../../shared/limits/layers/llm.ts'
import type { StreamEvent } from '../event-stream/stream-event.ts'
import { isJsonType } from '../http/media-type.ts'
import { type LlmTarget, recognizeLlmTarget } from './llm-api.ts'
import { LlmDocument } from './llm-document.ts'
import { LlmFacts, type LlmHandler, type LlmUsage } from './llm-facts.ts'
import { LlmRequest } from './llm-request.ts'

/** OpenAI's end of stream, which is no JSON. */
const DONE = Buffer.from('[DONE]')

export class LlmExchange {
  readonly #handler: LlmHandler
  readonly #target: LlmTarget | undefined
  readonly #request = new LlmRequest()
  readonly #document = new LlmDocument((document) => this.#take(document))
  #facts: LlmFacts | undefined
  #ignored: boolean
  #status = 0
  #streamed = false
  #json = false
  #responseBytes = 0
  #askedAt: number
  #lastContentAt = 0
  #now = 0
  #ended = false

  /** `requestType` is the media type of the request body. */
  constructor(handler: LlmHandler, method: string, target: string, requestType: string, now: number) {
    this.#handler = handler
    this.#target = recognizeLlmTarget(method, target)
    this.#askedAt = now
    this.#ignored = this.#target === undefined && !(method === 'POST' && isJsonType(requestType))
  }

  /** It is certain that this is no LLM call: the owner need not feed it any more. */
  get ignored(): boolean {
    return this.#ignored
  }

  requestBody(bytes: Uint8Array): void {
    if (!this.#ignored) this.#request.execute(bytes)
  }

  /** The request has been sent. Where it is compressed, what it says may come later, even behind the answer. */
  requestSent(now: number): void {
    this.#askedAt = now
  }

  /** All of the request's body has been read. */
  requestEnd(): void {
    // Without a known path, only what looks like a question to a model can have an answer from one.
    if (this.#target === undefined && !this.#request.hasInput) this.#ignored = true
  }

  /** `responseType` is the media type of the response. */
  responseHead(status: number, responseType: string): void {
    this.#status = status
    this.#streamed = responseType === 'text/event-stream'
    this.#json = isJsonType(responseType)
    if (!this.#streamed && !this.#json) this.#ignored = this.#target === undefined
    if (!this.#ignored && this.#target !== undefined) this.#recognize(this.#target.api, 'path')
  }

  /** Octets of a JSON answer, with every coding removed. */
  responseBody(bytes: Uint8Array, now: number): void {
    if (this.#ignored || !this.#json) return
    this.#now = now
    const end = Math.min(bytes.length, LLM_RESPONSE_BYTES - this.#responseBytes)
    this.#responseBytes += end
    if (end > 0) this.#document.execute(bytes, 0, end)
  }

  /** An event of an answer that is an event stream. */
  responseEvent(event: StreamEvent, now: number): void {
    if (this.#ignored) return
    this.#now = now
    if (isDone(event)) {
      if (this.#facts !== undefined) this.#facts.complete = true
      return
    }
    this.#document.reset()
    this.#document.execute(event.bytes, event.dataStart, event.dataEnd)
    if (this.#facts === undefined && event.index + 1 >= LLM_SHAPE_EVENTS) this.#ignored = true
  }

  /** The exchange is over, for whatever reason. */
  end(): void {
    const facts = this.#facts
    if (facts === undefined || this.#ended || (this.#target === undefined && !this.#request.hasInput)) return
    this.#ended = true
    this.#tellAsked(facts)
    this.#handler.onLlmEnd(facts)
  }

  #recognize(api: LlmFacts['api'], evidence: 'path' | 'shape'): LlmFacts {
    const facts = new LlmFacts(api, evidence)
    this.#tellAsked(facts)
    facts.status = this.#status
    facts.streamed = this.#streamed
    this.#facts = facts
    this.#handler.onLlmRecognized(facts)
    return facts
  }

  #tellAsked(facts: LlmFacts): void {
    facts.requestedModel = this.#request.model || (this.#target?.model ?? '')
    facts.stream = this.#request.stream || (this.#target?.stream ?? false)
  }

  /** A document of the answer is complete. */
  #take(document: LlmDocument): void {
    const api = this.#facts === undefined ? document.api : this.#facts.api
    if (api === undefined) return
    const facts = this.#facts ?? this.#recognize(api, 'shape')
    facts.events++
    if (document.model !== '') facts.model = document.model
    // Items of a Responses stream have ids of their own: the first is the response's.
    if (facts.responseId === '') facts.responseId = document.responseId
    merge(facts.usage, document.usage)
    if (document.hasContent) this.#content(facts)
    this.#conclude(facts, document)
    this.#error(facts, document)
  }

  #content(facts: LlmFacts): void {
    if (facts.contentEvents++ === 0) {
      facts.ttftMs = this.#now - this.#askedAt
      this.#handler.onLlmFirstContent(facts)
    } else {
      const gap = this.#now - this.#lastContentAt
      facts.gapTotalMs += gap
      facts.gapMaxMs = Math.max(facts.gapMaxMs, gap)
    }
    this.#lastContentAt = this.#now
  }

  /** Stop reason and end, each API in its own words. */
  #conclude(facts: LlmFacts, document: LlmDocument): void {
    if (document.stopReason !== '') facts.stopReason = document.stopReason
    switch (facts.api) {
      case 'anthropic_messages':
        facts.complete ||= document.type === 'message_stop' || (!facts.streamed && document.type === 'message')
        break
      case 'openai_responses':
        if (isTerminal(document.type) || (!facts.streamed && document.object === 'response')) {
          facts.stopReason = document.stopReason || document.status
          facts.complete = true
        }
        break
      default:
        facts.complete ||= document.stopReason !== ''
    }
  }

  #error(facts: LlmFacts, document: LlmDocument): void {
    if (!document.hasError && document.type !== 'error') return
    facts.error = {
      type: document.errorType || document.eventCode || (document.hasError ? '' : document.type),
      message: document.errorMessage || document.eventMessage,
    }
    this.#handler.onLlmError(facts, facts.streamed && facts.status < 300)
  }
}

function isTerminal(type: string): boolean {
  return type === 'response.completed' || type === 'response.incomplete' || type === 'response.failed' || type === 'response.cancelled'
}

function isDone(event: StreamEvent): boolean {
  return event.dataEnd - event.dataStart === DONE.length && DONE.compare(event.bytes, event.dataStart, event.dataEnd) === 0
}

/** Counts grow or are repeated as a stream goes on: the last one given counts. */
function merge(into: LlmUsage, from: LlmUsage): void {
  if (from.input !== -1) into.input = from.input
  if (from.output !== -1) into.output = from.output
  if (from.cached !== -1) into.cached = from.cached
  if (from.cacheWritten !== -1) into.cacheWritten = from.cacheWritten
  if (from.reasoning !== -1) into.reasoning = from.reasoning
  if (from.total !== -1) into.total = from.total
}
