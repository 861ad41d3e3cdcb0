/**
 * HttpRecorder: an HttpHandler that turns callbacks into objects, for tests of the HTTP/1.1 and HTTP/2 layers.
 *
 * Adjacent body spans of one message are joined, so that what is recorded does not depend on how the octets were split.
 * Verdicts come from `verdicts`, if given; everything else is copied out of the views.
 */

import type { FieldSection } from '../../../src/shared/http/field-section.ts'
import type { Side } from '../../../src/shared/side.ts'
import { SIDE_NAMES } from '../../../src/shared/side.ts'
import type { Violation } from '../../../src/shared/violations/violation.ts'
import type { BodyEdit } from '../../../src/workers/layers/http/body-mutator.ts'
import type { HeadVerdict, HttpHandler } from '../../../src/workers/layers/http/http-handler.ts'
import type { MessageHead } from '../../../src/workers/layers/http/message-head.ts'

export interface RecordedFact {
  readonly fact: string
  readonly exchange: number
  readonly method?: string
  readonly target?: string
  readonly authority?: string
  readonly status?: number
  readonly version?: number
  readonly framing?: string
  readonly contentLength?: number
  readonly fields?: readonly (readonly [string, string])[]
  /** Body octets as Latin-1. */
  body?: string
  readonly reason?: string
  readonly protocol?: string
  readonly side?: string
  readonly code?: string
}

/** Decides on heads; what it leaves out is forwarded. */
export interface Verdicts {
  request?(exchange: number, head: MessageHead): HeadVerdict
  response?(exchange: number, head: MessageHead): HeadVerdict
  upgrade?(exchange: number, protocol: string): void
  edit?(exchange: number, side: Side, head: MessageHead): BodyEdit | undefined
  switched?(exchange: number, side: Side): BodyEdit | undefined
}

export class HttpRecorder implements HttpHandler {
  readonly facts: RecordedFact[] = []
  readonly #verdicts: Verdicts
  /** The last body fact of each message, as long as nothing else of that message has come. */
  readonly #open = new Map<string, RecordedFact>()

  constructor(verdicts: Verdicts = {}) {
    this.#verdicts = verdicts
  }

  /** The facts of one exchange, in order. */
  of(exchange: number): RecordedFact[] {
    return this.facts.filter((fact) => fact.exchange === exchange)
  }

  /** `exchange:reason` of every terminal fact. */
  get ends(): string[] {
    return this.facts.filter((fact) => fact.fact === 'exchangeEnd').map((fact) => `${fact.exchange}:${fact.reason}`)
  }

  get violations(): string[] {
    return this.facts.filter((fact) => fact.fact === 'violation').map((fact) => fact.code ?? '')
  }

  onRequestHead(exchange: number, head: MessageHead): HeadVerdict {
    const { method, target, authority } = head
    this.facts.push({ fact: 'requestHead', exchange, method, target, authority, ...recordHead(head) })
    return this.#verdicts.request?.(exchange, head)
  }
  onRequestBody(exchange: number, bytes: Uint8Array): void {
    this.#body('requestBody', exchange, bytes)
  }
  onRequestTrailers(exchange: number, trailers: FieldSection): void {
    this.facts.push({ fact: 'requestTrailers', exchange, fields: recordFields(trailers) })
  }
  onRequestEnd(exchange: number): void {
    this.#open.delete(`requestBody ${exchange}`)
    this.facts.push({ fact: 'requestEnd', exchange })
  }
  onInformational(exchange: number, head: MessageHead): void {
    this.facts.push({ fact: 'informational', exchange, status: head.status, ...recordHead(head) })
  }
  onResponseHead(exchange: number, head: MessageHead): HeadVerdict {
    this.facts.push({ fact: 'responseHead', exchange, status: head.status, ...recordHead(head) })
    return this.#verdicts.response?.(exchange, head)
  }
  bodyEditFor(exchange: number, side: Side, head: MessageHead): BodyEdit | undefined {
    return this.#verdicts.edit?.(exchange, side, head)
  }
  onResponseBody(exchange: number, bytes: Uint8Array): void {
    this.#body('responseBody', exchange, bytes)
  }
  onResponseTrailers(exchange: number, trailers: FieldSection): void {
    this.facts.push({ fact: 'responseTrailers', exchange, fields: recordFields(trailers) })
  }
  onResponseEnd(exchange: number): void {
    this.#open.delete(`responseBody ${exchange}`)
    this.facts.push({ fact: 'responseEnd', exchange })
  }
  onExchangeEnd(exchange: number, reason: string): void {
    this.facts.push({ fact: 'exchangeEnd', exchange, reason })
  }
  onUpgrade(exchange: number, protocol: string): void {
    this.facts.push({ fact: 'upgrade', exchange, protocol })
    this.#verdicts.upgrade?.(exchange, protocol)
  }
  switchedEditFor(exchange: number, side: Side): BodyEdit | undefined {
    return this.#verdicts.switched?.(exchange, side)
  }
  onViolation(exchange: number, side: Side, violation: Violation): void {
    this.facts.push({ fact: 'violation', exchange, side: SIDE_NAMES[side], code: violation.code })
  }

  #body(fact: string, exchange: number, bytes: Uint8Array): void {
    const text = Buffer.from(bytes).toString('latin1')
    const open = this.#open.get(`${fact} ${exchange}`)
    if (open !== undefined) {
      open.body += text
      return
    }
    const recorded: RecordedFact = { fact, exchange, body: text }
    this.#open.set(`${fact} ${exchange}`, recorded)
    this.facts.push(recorded)
  }
}

function recordHead(head: MessageHead): Pick<RecordedFact, 'version' | 'framing' | 'contentLength' | 'fields'> & object {
  const { version, framing, contentLength } = head
  return { version, framing, contentLength, fields: recordFields(head.fields) }
}

function recordFields(section: FieldSection): [string, string][] {
  return Array.from({ length: section.count }, (_, line) => [section.name(line), section.value(line)])
}
