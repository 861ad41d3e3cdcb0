/**
 * ObservedBody: one body of an exchange on its way through the decoders, as ring records. Worker thread.
 *
 * Bodies with a content coding are decoded on the thread pool: what they tell comes later than their octets, so the owner asks
 * `ended` before it tells the end of the exchange.
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import type { DecodeLayer, DecodeReason } from '../../../shared/events/decode-reasons.ts'
import { SIDE_NAMES, type Side } from '../../../shared/side.ts'
import { nativeZstd } from '../../layers/content-coding/decoding-streams.ts'
import type { StreamEvent } from '../../layers/event-stream/stream-event.ts'
import { decodeMsgpack } from '../../layers/msgpack/decode-msgpack.ts'
import type { BodyHandler } from '../../layers/payload/body-handler.ts'
import { BodyObserver } from '../../layers/payload/body-observer.ts'
import type { ExchangeLabel, Observation } from '../observation.ts'
import { PortableZstd } from './portable-zstd.ts'

/** Who else wants what a body carries. */
export interface BodyOwner extends ExchangeLabel {
  onBodyEvent(event: StreamEvent): void
  onBodyJson(side: Side, bytes: Uint8Array): void
  /** Nothing follows of the body of `side`. */
  onBodyEnd(side: Side): void
}

const portableZstd = () => new PortableZstd()
const LINE_FEED = 0x0a

/** What is known of a body before its first octet. */
export interface BodyFacts {
  readonly side: Side
  readonly contentType: string | undefined
  /** All codings, in the order in which they were applied. */
  readonly contentEncoding: string | undefined
  /** Somebody reads the data of its events, besides capture. */
  readonly hasReaders: boolean
}

export class ObservedBody implements BodyHandler {
  /** Everything has been told. */
  ended = false
  readonly #observation: Observation
  readonly #owner: BodyOwner
  readonly #side: Side
  readonly #coding: string | undefined
  readonly #observer: BodyObserver
  readonly #captured: BoundedBytes
  #encodedSize = 0
  #items = 0

  constructor(observation: Observation, owner: BodyOwner, { side, contentType, contentEncoding, hasReaders }: BodyFacts) {
    this.#observation = observation
    this.#owner = owner
    this.#side = side
    this.#coding = contentEncoding
    this.#captured = new BoundedBytes(observation.options.captureBodyBytes)
    this.#observer = new BodyObserver(contentType, contentEncoding, this, {
      ...(hasReaders ? {} : { eventDataBytes: observation.options.captureBodyBytes }),
      zstd: nativeZstd ?? portableZstd,
      checkJson: observation.options.observe === 'bodies',
    })
  }

  execute(bytes: Uint8Array): void {
    this.#encodedSize += bytes.length
    this.#observer.execute(bytes)
  }

  finish(): void {
    if (!this.ended) this.#observer.finish()
  }

  /** Tells what there is and waits for no decoder any more. */
  abandon(): void {
    if (this.ended) return
    this.#observer.close()
    this.onDecodeFailed('content_coding', 'backlog_limit', this.#coding ?? '', 'the session ended before the body was decoded')
    this.onBodyEnd(0)
  }

  onEvent(event: StreamEvent): void {
    this.#event(event, false)
    this.#owner.onBodyEvent(event)
  }

  onIncompleteEvent(event: StreamEvent): void {
    this.#event(event, true)
  }

  onLine(_index: number, bytes: Uint8Array, start: number, end: number): void {
    this.#items++
    if (this.#captured.limit === 0) return
    this.#captured.append(bytes, start, end)
    this.#captured.appendByte(LINE_FEED)
  }

  onJson(bytes: Uint8Array, start: number, end: number): void {
    if (this.#captured.limit > 0) this.#captured.append(bytes, start, end)
    this.#owner.onBodyJson(this.#side, bytes.subarray(start, end))
  }

  onPrefix(prefix: string): void {
    const { events, session } = this.#observation
    const { number, protocol } = this.#owner
    events.emit('body_sanitized', session.flow, { side: SIDE_NAMES[this.#side], prefix }, session.now, number, protocol)
  }

  onMsgpack(index: number, size: number, depth: number, value: Uint8Array | undefined, sniffed: boolean): void {
    this.#items++
    const { events, session, options } = this.#observation
    const { number, protocol } = this.#owner
    const decoded = value !== undefined && size <= options.captureBodyBytes ? decodeMsgpack(value) : undefined
    const values = {
      side: SIDE_NAMES[this.#side],
      index,
      size,
      depth,
      sniffed: sniffed ? true : undefined,
      value: decoded?.ok === true ? decoded.value : undefined,
    }
    events.emit('msgpack_value', session.flow, values, session.now, number, protocol)
  }

  onDecodeFailed(layer: DecodeLayer, reason: DecodeReason, coding: string, detail: string): void {
    const { events, session } = this.#observation
    const { number, protocol } = this.#owner
    const values = { side: SIDE_NAMES[this.#side], layer, reason, coding: coding === '' ? undefined : coding, detail }
    events.emit('decode_failed', session.flow, values, session.now, number, protocol)
  }

  onBodyEnd(decodedSize: number): void {
    this.ended = true
    if (this.#isWorthTelling) this.#decoded(decodedSize)
    this.#owner.onBodyEnd(this.#side)
  }

  /** Plain JSON that is read for MCP or LLM calls alone tells nothing by itself. */
  get #isWorthTelling(): boolean {
    if (this.#encodedSize === 0) return false
    return this.#observation.options.observe === 'bodies' || this.#coding !== undefined || this.#observer.kind === 'event_stream'
  }

  #decoded(decodedSize: number): void {
    const { events, session } = this.#observation
    const { number, protocol } = this.#owner
    const values = {
      side: SIDE_NAMES[this.#side],
      kind: this.#observer.kind,
      content_coding: this.#coding,
      encoded_size: this.#encodedSize,
      decoded_size: decodedSize,
      items: this.#items,
      data: this.#captured.length === 0 ? undefined : this.#captured.view(),
    }
    events.emit('body_decoded', session.flow, values, session.now, number, protocol)
  }

  #event(event: StreamEvent, incomplete: boolean): void {
    this.#items++
    const { events, session, options } = this.#observation
    const { number, protocol } = this.#owner
    events.sseEvent(
      session.flow,
      number,
      event,
      incomplete,
      options.captureBodyBytes === 0 ? -1 : options.captureBodyBytes,
      session.now,
      protocol,
    )
  }
}
