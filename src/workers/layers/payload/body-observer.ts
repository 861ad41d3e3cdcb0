/**
 * BodyObserver: the decoders of one message body, in their one order, beside the relay. Worker thread.
 *
 *     body octets ─▶ content codings ─▶ protocol framing ─▶ anti-hijack ─▶ payload
 *     (transfer       DecoderChain       EventStreamParser   PrefixStripper   onJson
 *     coding gone)                       LineSplitter        (first line)         MsgpackScanner
 *
 * What none of them reads is counted only, and not even decoded.
 */

import type { DecodeLayer, DecodeReason } from '../../../shared/events/decode-reasons.ts'
import { DecoderChain, type DecoderChainOptions } from '../content-coding/decoder-chain.ts'
import { EventStreamParser } from '../event-stream/event-stream-parser.ts'
import { looksLikeMsgpack, SNIFF_BYTES } from '../msgpack/msgpack-recognition.ts'
import { MsgpackScanner } from '../msgpack/msgpack-scanner.ts'
import type { BodyHandler } from './body-handler.ts'
import { type BodyKind, bodyKind } from './body-kind.ts'
import { JsonCheck, type JsonFault } from './json-check.ts'
import { LineSplitter } from './line-splitter.ts'
import { PrefixStripper, prefixEnd } from './prefix-stripper.ts'

const CARRIAGE_RETURN = 0x0d

/** What every payload parser has. */
interface PayloadParser {
  execute(bytes: Uint8Array): void
  finish(): void
}

export interface BodyObserverOptions extends DecoderChainOptions {
  /** Octets of each event's data that handlers want to see. */
  readonly eventDataBytes?: number
  /** Tell, at the end, of a body that should be JSON and is none, or of the first such line. */
  readonly checkJson?: boolean
}

export class BodyObserver {
  readonly kind: BodyKind
  readonly #handler: BodyHandler
  readonly #chain: DecoderChain | undefined
  #parser: PayloadParser | undefined
  readonly #jsonCheck: JsonCheck | undefined
  #jsonFault: JsonFault | undefined
  /** Lines that were a prefix and nothing else. */
  #prefixLines = 0
  /** The first octets of an untyped body. */
  readonly #first: Uint8Array
  #held = 0
  #decodedSize = 0
  #ended = false

  constructor(
    contentType: string | undefined,
    contentEncoding: string | undefined,
    handler: BodyHandler,
    options: BodyObserverOptions = {},
  ) {
    this.kind = bodyKind(contentType)
    this.#handler = handler
    this.#first = new Uint8Array(this.kind === 'untyped' ? SNIFF_BYTES : 0)
    this.#jsonCheck = options.checkJson === true && (this.kind === 'json' || this.kind === 'ndjson') ? new JsonCheck() : undefined
    this.#parser = this.#parserOf(this.kind, options)
    const decoded = {
      onDecoded: (bytes: Uint8Array) => this.#payload(bytes),
      onDecodedEnd: () => this.#end(),
      onDecodeFailed: (reason: DecodeReason, coding: string, detail: string) => this.#fail('content_coding', reason, coding, detail),
    }
    // A stream of events lives for days: its decoders are bounded by ratio and backlog, its events by themselves.
    const endless = this.kind === 'event_stream' || this.kind === 'ndjson'
    const bounded = endless && options.outputBytes === undefined ? { ...options, outputBytes: Number.POSITIVE_INFINITY } : options
    this.#chain = this.kind === 'opaque' ? undefined : new DecoderChain(contentEncoding, decoded, bounded)
  }

  /** Body octets in order, transfer coding removed; any split. */
  execute(bytes: Uint8Array): void {
    if (this.#ended) return
    if (this.#chain === undefined) this.#decodedSize += bytes.length
    else this.#chain.write(bytes)
  }

  /** The body has ended; `onBodyEnd` follows, now or once everything is decoded. */
  finish(): void {
    if (this.#chain === undefined) this.#end()
    else this.#chain.end()
  }

  /** The exchange is over and nobody waits for more: frees everything. No further call, not even `onBodyEnd`. */
  close(): void {
    this.#ended = true
    this.#chain?.close()
  }

  #parserOf(kind: BodyKind, options: BodyObserverOptions): PayloadParser | undefined {
    switch (kind) {
      case 'event_stream':
        return new EventStreamParser(this.#handler, options.eventDataBytes)
      case 'ndjson':
        return new LineSplitter({ onLine: (index, bytes, start, end, size) => this.#line(index, bytes, start, end, size) })
      case 'json':
        return new PrefixStripper({
          onPrefix: (prefix) => this.#handler.onPrefix(prefix),
          onPayload: (bytes, start, end) => {
            this.#jsonCheck?.execute(bytes, start, end)
            this.#handler.onJson(bytes, start, end)
          },
        })
      case 'msgpack':
        return this.#msgpack(false)
      default:
        return undefined
    }
  }

  #msgpack(sniffed: boolean): MsgpackScanner {
    return new MsgpackScanner({
      onValue: (index, size, depth, value) => this.#handler.onMsgpack(index, size, depth, value, sniffed),
      onMsgpackFailed: (reason, detail) => this.#fail('msgpack', reason, '', detail),
    })
  }

  /** A line of NDJSON; the first may have a prefix in front, or be nothing else. */
  #line(number: number, bytes: Uint8Array, from: number, end: number, lineSize: number): void {
    const start = number === 0 ? prefixEnd(bytes, from, end) : from
    if (start > from) {
      this.#handler.onPrefix(Buffer.from(bytes.subarray(from, start)).toString())
      if (isBlank(bytes, start, end)) {
        this.#prefixLines = 1
        return
      }
    }
    const index = number - this.#prefixLines
    const size = lineSize - (start - from)
    this.#handler.onLine(index, bytes, start, end, size)
    // Of a line that is not kept whole nobody knows the end.
    if (this.#jsonCheck === undefined || this.#jsonFault !== undefined || size > end - start) return
    this.#jsonCheck.execute(bytes, start, end)
    const fault = this.#jsonCheck.finish()
    if (fault !== undefined) this.#jsonFault = { ...fault, detail: `line ${index}: ${fault.detail}` }
  }

  #payload(bytes: Uint8Array): void {
    this.#decodedSize += bytes.length
    if (this.#held < this.#first.length) this.#sniff(bytes)
    else this.#parser?.execute(bytes)
  }

  /** Holds octets until there are enough to tell msgpack by. */
  #sniff(bytes: Uint8Array): void {
    const count = Math.min(bytes.length, SNIFF_BYTES - this.#held)
    this.#first.set(bytes.subarray(0, count), this.#held)
    this.#held += count
    if (this.#held < SNIFF_BYTES) return
    this.#decide()
    this.#parser?.execute(bytes.subarray(count))
  }

  #decide(): void {
    const first = this.#first.subarray(0, this.#held)
    if (!looksLikeMsgpack(first)) return
    this.#parser = this.#msgpack(true)
    this.#parser.execute(first)
  }

  #end(): void {
    if (this.#ended) return
    if (this.#held > 0 && this.#held < SNIFF_BYTES) this.#decide()
    this.#parser?.finish()
    // The end itself may have shown that something was missing.
    if (this.#ended) return
    this.#ended = true
    const layer = this.kind === 'json' ? 'json' : 'ndjson'
    const fault = layer === 'json' ? this.#jsonCheck?.finish() : this.#jsonFault
    if (fault !== undefined) this.#handler.onDecodeFailed(layer, fault.reason, '', fault.detail)
    this.#handler.onBodyEnd(this.#decodedSize)
  }

  #fail(layer: DecodeLayer, reason: DecodeReason, coding: string, detail: string): void {
    if (this.#ended) return
    this.#ended = true
    this.#chain?.close()
    // What a framing holds of a body that broke off is reported like that of one that ended.
    if (layer === 'content_coding') this.#parser?.finish()
    this.#handler.onDecodeFailed(layer, reason, coding, detail)
    this.#handler.onBodyEnd(this.#decodedSize)
  }
}

/** Whether there is nothing but a carriage return. */
function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  return start === end || (end - start === 1 && bytes[start] === CARRIAGE_RETURN)
}
