/**
 * EventWriter: how a producer tells an event: straight into its ring, never waiting.
 *
 * `emit` is table-driven, for what happens a few times per flow. The events that happen per message or per chunk have their
 * own encoders, which take ranges and numbers and allocate nothing: a field section is one copy of its octets, whatever the
 * number of lines; the reader splits it. Every method returns false where the event was dropped (and counted, and announced
 * later: `record-claim.ts`). `timeMs` is the calling thread's `performance.now()`; `protocol` is the label (its index)
 * of the exchange, where that has one of its own (`sse` on an HTTP/1.1 connection). Acceptor or worker thread.
 */

import { utf8Cut } from '../../bytes/utf8-cut.ts'
import type { RingProducer } from '../../ring/ring-producer.ts'
import { CLOSE_REASONS, type CloseReason } from '../close-reasons.ts'
import type { FlowCursor } from '../flow-cursor.ts'
import type { EventName } from '../schema.ts'
import {
  EVENT_CODECS,
  type FieldCodec,
  KIND_BOOL,
  KIND_BYTES,
  KIND_ENUM,
  KIND_F64,
  KIND_FIELDS,
  KIND_JSON,
  KIND_STRING,
  KIND_U32,
} from './event-codecs.ts'
import type { EventInput, FieldBlock, FrameBlock, HeadBlock, StreamEnd, StreamEventBlock } from './event-input.ts'
import { blockBytes, type PayloadCursor, utf8Bytes } from './payload-cursor.ts'
import { RecordClaim } from './record-claim.ts'
import { ABSENT_U8, NO_STREAM } from './record-descriptor.ts'

/** `source` of `response_headers`, as an index. */
export const SOURCE_ORIGIN = 0
export const SOURCE_ENGINE = 1
export type ResponseSource = typeof SOURCE_ORIGIN | typeof SOURCE_ENGINE

const REQUEST = EVENT_CODECS.request_headers
const RESPONSE = EVENT_CODECS.response_headers
const INFORMATIONAL = EVENT_CODECS.informational_response
const REQUEST_CHUNK = EVENT_CODECS.request_body_chunk
const RESPONSE_CHUNK = EVENT_CODECS.response_body_chunk
const CLOSED = EVENT_CODECS.stream_closed
const SSE = EVENT_CODECS.sse_event
const FRAME = EVENT_CODECS.websocket_frame

const CLOSE_REASON_INDEX: ReadonlyMap<CloseReason, number> = new Map(CLOSE_REASONS.map((reason, index) => [reason, index]))
const MOST_FIELDS = Math.max(...Object.values(EVENT_CODECS).map(({ fields }) => fields.length))
const US_PER_MS = 1000
const NO_OCTETS = new Uint8Array(0)
/** The type of an event that names none (WHATWG HTML §9.2.6). */
const MESSAGE = Buffer.from('message')

export class EventWriter {
  readonly #claim: RecordClaim
  readonly #payload: PayloadCursor
  /** Values of the event being emitted, in the form in which they are written, and the lengths of its variable fields, in wire order. */
  readonly #parts: unknown[] = new Array(MOST_FIELDS).fill(undefined)
  readonly #lengths: Uint32Array = new Uint32Array(MOST_FIELDS)

  /** `shiftMs`: see `originShiftMs`; 0 where the calling thread is the ring's time origin. */
  constructor(ring: RingProducer, shiftMs: number) {
    this.#claim = new RecordClaim(ring, shiftMs)
    this.#payload = this.#claim.payload
  }

  /** Tells the addresses that all later events of `flow` carry. Call before its first event, and when they change. */
  flowContext(flow: FlowCursor, clientAddr: string, host: string, port: number, timeMs: number): boolean {
    return this.#claim.context(flow, { client_addr: clientAddr, server_host: host, server_port: port }, timeMs)
  }

  /** Any event. `stream` is a `stream_id` or `exchange`; those names in `values` are not looked at. */
  emit<Name extends EventName>(
    name: Name,
    flow: FlowCursor,
    values: EventInput<Name>,
    timeMs: number,
    stream: number = NO_STREAM,
    protocol: number = flow.protocolIndex,
  ): boolean {
    const { id, fields, fixedBytes } = EVENT_CODECS[name]
    const parts = this.#parts
    let length = fixedBytes
    let truncated = false
    for (let n = 0; n < fields.length; n++) {
      const { name: field, kind } = fields[n] as FieldCodec
      const part = prepare(kind, (values as Record<string, unknown>)[field])
      parts[n] = part
      if (kind < KIND_STRING || part === undefined) continue
      const full = fullBytes(part)
      const cut = this.#cutBytes(kind, part, full)
      this.#lengths[n] = cut
      length += cut
      if (cut < full) truncated = true
    }
    const isOpen = this.#claim.open(flow, id, stream, timeMs, length, protocol)
    if (isOpen) {
      for (let n = 0; n < fields.length; n++) this.#put(fields[n] as FieldCodec, parts[n], this.#lengths[n] as number)
      if (truncated) this.#claim.markTruncated()
      this.#claim.commit(id)
    }
    parts.fill(undefined, 0, fields.length)
    return isOpen
  }

  requestHeaders(flow: FlowCursor, stream: number, head: HeadBlock, timeMs: number, protocol: number = flow.protocolIndex): boolean {
    const { bytes, start, end } = head.fields
    const payload = this.#payload
    const most = payload.maxStringBytes
    const method = Math.min(head.methodEnd - head.methodStart, most)
    const target = Math.min(head.targetEnd - head.targetStart, most)
    const authority = Math.min(head.authorityEnd - head.authorityStart, most)
    const version = versionText(head.version)
    const block = blockBytes(bytes, start, end, payload.maxBlockBytes)
    const length = REQUEST.fixedBytes + method + target + authority + version.length + block
    if (!this.#claim.open(flow, REQUEST.id, stream, timeMs, length, protocol)) return false
    payload.octets(bytes, head.methodStart, method)
    payload.octets(bytes, head.targetStart, target)
    if (authority === 0) payload.absent()
    else payload.octets(bytes, head.authorityStart, authority)
    payload.string(version, version.length)
    payload.octets(bytes, start, block)
    if (block < end - start || target < head.targetEnd - head.targetStart || authority === most || method === most)
      this.#claim.markTruncated()
    this.#claim.commit(REQUEST.id)
    return true
  }

  responseHeaders(
    flow: FlowCursor,
    stream: number,
    head: HeadBlock,
    timeMs: number,
    source: ResponseSource = SOURCE_ORIGIN,
    protocol: number = flow.protocolIndex,
  ): boolean {
    const { bytes, start, end } = head.fields
    const payload = this.#payload
    const version = versionText(head.version)
    const block = blockBytes(bytes, start, end, payload.maxBlockBytes)
    if (!this.#claim.open(flow, RESPONSE.id, stream, timeMs, RESPONSE.fixedBytes + version.length + block, protocol)) return false
    payload.u32(head.status)
    payload.string(version, version.length)
    payload.octets(bytes, start, block)
    payload.u8(source)
    if (block < end - start) this.#claim.markTruncated()
    this.#claim.commit(RESPONSE.id)
    return true
  }

  informational(flow: FlowCursor, stream: number, head: HeadBlock, timeMs: number, protocol: number = flow.protocolIndex): boolean {
    const { bytes, start, end } = head.fields
    const block = blockBytes(bytes, start, end, this.#payload.maxBlockBytes)
    if (!this.#claim.open(flow, INFORMATIONAL.id, stream, timeMs, INFORMATIONAL.fixedBytes + block, protocol)) return false
    this.#payload.u32(head.status)
    this.#payload.octets(bytes, start, block)
    if (block < end - start) this.#claim.markTruncated()
    this.#claim.commit(INFORMATIONAL.id)
    return true
  }

  /** `offset` and `size` of a body chunk, with its octets where a rule captures them. */
  bodyChunk(
    name: 'request_body_chunk' | 'response_body_chunk',
    flow: FlowCursor,
    stream: number,
    offset: number,
    size: number,
    data: Uint8Array | undefined,
    timeMs: number,
    protocol: number = flow.protocolIndex,
  ): boolean {
    const codec = name === 'request_body_chunk' ? REQUEST_CHUNK : RESPONSE_CHUNK
    const payload = this.#payload
    const octets = data === undefined ? 0 : Math.min(data.length, payload.maxBlockBytes)
    if (!this.#claim.open(flow, codec.id, stream, timeMs, codec.fixedBytes + octets, protocol)) return false
    payload.f64(offset)
    payload.u32(size)
    if (data === undefined) payload.absent()
    else payload.octets(data, 0, octets)
    if (data !== undefined && octets < data.length) this.#claim.markTruncated()
    this.#claim.commit(codec.id)
    return true
  }

  /** The terminal event: of a stream or exchange, or with NO_STREAM of the flow. */
  streamClosed(flow: FlowCursor, stream: number, end: StreamEnd, timeMs: number, protocol: number = flow.protocolIndex): boolean {
    const payload = this.#payload
    const violation = payload.stringBytes(end.violation)
    const method = payload.stringBytes(end.method)
    const detail = payload.stringBytes(end.detail)
    const length = CLOSED.fixedBytes + violation + method + detail
    const isOpen = this.#claim.open(flow, CLOSED.id, stream, timeMs, length, protocol)
    flow.faults?.forget(stream)
    if (!isOpen) return false
    payload.u8(CLOSE_REASON_INDEX.get(end.closeReason) ?? ABSENT_U8)
    payload.string(end.violation, violation)
    payload.u32(end.status > 0 ? end.status : -1)
    payload.string(end.method, method)
    payload.f64(end.bytesClient)
    payload.f64(end.bytesOrigin)
    payload.f64(toMicroseconds(end.durationMs))
    payload.f64(toMicroseconds(end.ttfbMs))
    payload.u32(end.code)
    payload.bool(end.opaque ? true : undefined)
    payload.string(end.detail, detail)
    if (Math.max(violation, method, detail) === payload.maxStringBytes) this.#claim.markTruncated()
    this.#claim.commit(CLOSED.id)
    return true
  }

  /** A server-sent event with `data` octets of its data; −1: none. */
  sseEvent(
    flow: FlowCursor,
    stream: number,
    event: StreamEventBlock,
    incomplete: boolean,
    data: number,
    timeMs: number,
    protocol: number,
  ): boolean {
    const payload = this.#payload
    const most = payload.maxStringBytes
    const type = event.typeLength === 0 ? MESSAGE.length : event.typeLength
    const id = event.hasId ? event.idLength : 0
    const { bytes, dataStart } = event
    const wanted = Math.min(data, event.dataEnd - dataStart)
    const shown = wanted <= 0 ? 0 : utf8Cut(bytes, dataStart, dataStart + Math.min(wanted, most)) - dataStart
    if (!this.#claim.open(flow, SSE.id, stream, timeMs, SSE.fixedBytes + type + id + shown, protocol)) return false
    payload.u32(event.index)
    payload.octets(event.typeLength === 0 ? MESSAGE : event.typeBytes, 0, type)
    if (event.hasId) payload.octets(event.idBytes, 0, id)
    else payload.absent()
    payload.f64(event.retryMs === -1 ? Number.NaN : event.retryMs)
    payload.f64(event.startOffset)
    payload.f64(event.endOffset - event.startOffset)
    payload.f64(event.dataSize)
    payload.bool(incomplete ? true : undefined)
    if (data < 0) payload.absent()
    else payload.octets(bytes, dataStart, shown)
    if (wanted > most) this.#claim.markTruncated()
    this.#claim.commit(SSE.id)
    return true
  }

  websocketFrame(flow: FlowCursor, stream: number, frame: FrameBlock, timeMs: number, protocol: number): boolean {
    const payload = this.#payload
    const { text, data, reason } = frame
    const textBytes = text === undefined ? 0 : utf8Cut(text, 0, Math.min(text.length, payload.maxStringBytes))
    const dataBytes = data === undefined ? 0 : Math.min(data.length, payload.maxBlockBytes)
    const reasonBytes = reason === undefined ? 0 : reason.length
    const length = FRAME.fixedBytes + textBytes + dataBytes + reasonBytes
    if (!this.#claim.open(flow, FRAME.id, stream, timeMs, length, protocol)) return false
    payload.u8(frame.side)
    payload.u8(frame.opcode)
    payload.bool(frame.fin)
    payload.bool(frame.compressed ? true : undefined)
    payload.f64(frame.size)
    payload.u32(frame.messageIndex)
    payload.f64(frame.messageSize === -1 ? Number.NaN : frame.messageSize)
    if (text === undefined) payload.absent()
    else payload.octets(text, 0, textBytes)
    if (data === undefined) payload.absent()
    else payload.octets(data, 0, dataBytes)
    payload.u32(frame.code)
    if (reason === undefined) payload.absent()
    else payload.octets(reason, 0, reasonBytes)
    if ((text !== undefined && text.length > payload.maxStringBytes) || dataBytes < (data?.length ?? 0)) this.#claim.markTruncated()
    this.#claim.commit(FRAME.id)
    return true
  }

  #cutBytes(kind: number, part: unknown, full: number): number {
    if (kind === KIND_STRING) return Math.min(full, this.#payload.maxStringBytes)
    // Half a JSON text is none: it is left out.
    if (kind === KIND_JSON) return full > this.#payload.maxStringBytes ? 0 : full
    if (kind === KIND_BYTES) return Math.min(full, this.#payload.maxBlockBytes)
    const block = part as FieldBlock
    return blockBytes(block.bytes, block.start, block.end, this.#payload.maxBlockBytes)
  }

  #put({ kind, indices }: FieldCodec, part: unknown, length: number): void {
    const payload = this.#payload
    switch (kind) {
      case KIND_U32:
        payload.u32(part === undefined ? -1 : (part as number))
        break
      case KIND_F64:
        payload.f64(part === undefined ? Number.NaN : (part as number))
        break
      case KIND_BOOL:
        payload.bool(part as boolean | undefined)
        break
      case KIND_ENUM:
        payload.u8(indices.get(part as string) ?? ABSENT_U8)
        break
      case KIND_STRING:
        payload.string(part as string | undefined, length)
        break
      case KIND_JSON:
        payload.string(part === undefined || length === 0 ? undefined : (part as string), length)
        break
      case KIND_BYTES:
        if (part === undefined) payload.absent()
        else payload.octets(part as Uint8Array, 0, length)
        break
      default:
        if (part === undefined) payload.absent()
        else payload.octets((part as FieldBlock).bytes, (part as FieldBlock).start, length)
    }
  }
}

/** A value in the form in which it is measured and written: JSON as text, lists of fields as a block. */
function prepare(kind: number, value: unknown): unknown {
  if (value === undefined) return undefined
  if (kind === KIND_JSON) return JSON.stringify(value)
  return kind === KIND_FIELDS && Array.isArray(value) ? blockOf(value as [string, string][]) : value
}

function fullBytes(part: unknown): number {
  if (typeof part === 'string') return utf8Bytes(part)
  if (part instanceof Uint8Array) return part.length
  return typeof part === 'object' && part !== null ? (part as FieldBlock).end - (part as FieldBlock).start : 0
}

/** Field lines as a block; Latin-1, as the octets of fields are read (RFC 9110 §5.5). */
function blockOf(lines: readonly (readonly [string, string])[]): FieldBlock {
  if (lines.length === 0) return { bytes: NO_OCTETS, start: 0, end: 0 }
  const bytes = Buffer.from(lines.map(([name, value]) => `${name}: ${value}\r\n`).join(''), 'latin1')
  return { bytes, start: 0, end: bytes.length }
}

/** Milliseconds, rounded to the microsecond: what lies below is noise, and dear to print. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * US_PER_MS) / US_PER_MS
}

function versionText(version: number): string {
  return version === 11 ? 'HTTP/1.1' : version === 20 ? 'HTTP/2' : 'HTTP/1.0'
}
