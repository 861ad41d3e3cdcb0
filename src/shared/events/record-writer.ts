/**
 * EventWriter: how a producer tells an event: straight into its ring, never waiting.
 *
 * `emit` is table-driven, for what happens a few times per flow. The events that happen per message or per chunk have their
 * own encoders, which take ranges and numbers and allocate nothing: a field section is one copy of its octets, whatever the
 * number of lines; the reader splits it. Every method returns false where the event was dropped (and counted, and announced
 * later: `record-claim.ts`). `timeMs` is the calling thread's `performance.now()`. Acceptor or worker thread.
 */

import type { RingProducer } from '../ring/ring-producer.ts'
import { CLOSE_REASONS, type CloseReason } from './close-reasons.ts'
import { EVENT_CODECS, KIND_BOOL, KIND_BYTES, KIND_ENUM, KIND_F64, KIND_FIELDS, KIND_JSON, KIND_STRING, KIND_U32 } from './event-codecs.ts'
import type { EventInput, FieldBlock, HeadBlock, StreamEnd } from './event-input.ts'
import type { FlowCursor } from './flow-cursor.ts'
import { blockBytes, type PayloadCursor } from './payload-cursor.ts'
import { RecordClaim } from './record-claim.ts'
import { ABSENT_U8, NO_STREAM } from './record-descriptor.ts'
import type { EventName } from './schema.ts'

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

const CLOSE_REASON_INDEX: ReadonlyMap<CloseReason, number> = new Map(CLOSE_REASONS.map((reason, index) => [reason, index]))
const US_PER_MS = 1000
const NO_OCTETS = new Uint8Array(0)

export class EventWriter {
  readonly #claim: RecordClaim
  readonly #payload: PayloadCursor
  /** Lengths of the variable fields of the event being emitted, in wire order. */
  readonly #lengths: Uint32Array = new Uint32Array(32)

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
  ): boolean {
    const codec = EVENT_CODECS[name]
    const parts: unknown[] = []
    let length = codec.fixedBytes
    let truncated = false
    for (const [n, field] of codec.fields.entries()) {
      const part = prepare(field.kind, (values as Record<string, unknown>)[field.name])
      parts.push(part)
      const full = field.kind < KIND_STRING ? 0 : fullBytes(part)
      const cut = full === 0 ? 0 : this.#cutBytes(field.kind, part, full)
      this.#lengths[n] = cut
      length += cut
      if (cut < full) truncated = true
    }
    if (!this.#claim.open(flow, codec.id, stream, timeMs, length)) return false
    for (const [n, field] of codec.fields.entries()) this.#put(field.kind, field.indices, parts[n], this.#lengths[n] as number)
    if (truncated) this.#claim.markTruncated()
    this.#claim.commit(codec.id)
    return true
  }

  requestHeaders(flow: FlowCursor, stream: number, head: HeadBlock, timeMs: number): boolean {
    const { bytes, start, end } = head.fields
    const payload = this.#payload
    const most = payload.maxStringBytes
    const method = Math.min(head.methodEnd - head.methodStart, most)
    const target = Math.min(head.targetEnd - head.targetStart, most)
    const authority = Math.min(head.authorityEnd - head.authorityStart, most)
    const version = versionText(head.version)
    const block = blockBytes(bytes, start, end, payload.maxBlockBytes)
    const length = REQUEST.fixedBytes + method + target + authority + version.length + block
    if (!this.#claim.open(flow, REQUEST.id, stream, timeMs, length)) return false
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

  responseHeaders(flow: FlowCursor, stream: number, head: HeadBlock, timeMs: number, source: ResponseSource = SOURCE_ORIGIN): boolean {
    const { bytes, start, end } = head.fields
    const payload = this.#payload
    const version = versionText(head.version)
    const block = blockBytes(bytes, start, end, payload.maxBlockBytes)
    if (!this.#claim.open(flow, RESPONSE.id, stream, timeMs, RESPONSE.fixedBytes + version.length + block)) return false
    payload.u32(head.status)
    payload.string(version, version.length)
    payload.octets(bytes, start, block)
    payload.u8(source)
    if (block < end - start) this.#claim.markTruncated()
    this.#claim.commit(RESPONSE.id)
    return true
  }

  informational(flow: FlowCursor, stream: number, head: HeadBlock, timeMs: number): boolean {
    const { bytes, start, end } = head.fields
    const block = blockBytes(bytes, start, end, this.#payload.maxBlockBytes)
    if (!this.#claim.open(flow, INFORMATIONAL.id, stream, timeMs, INFORMATIONAL.fixedBytes + block)) return false
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
  ): boolean {
    const codec = name === 'request_body_chunk' ? REQUEST_CHUNK : RESPONSE_CHUNK
    const payload = this.#payload
    const octets = data === undefined ? 0 : Math.min(data.length, payload.maxBlockBytes)
    if (!this.#claim.open(flow, codec.id, stream, timeMs, codec.fixedBytes + octets)) return false
    payload.f64(offset)
    payload.u32(size)
    if (data === undefined) payload.absent()
    else payload.octets(data, 0, octets)
    if (data !== undefined && octets < data.length) this.#claim.markTruncated()
    this.#claim.commit(codec.id)
    return true
  }

  /** The terminal event: of a stream or exchange, or with NO_STREAM of the flow. */
  streamClosed(flow: FlowCursor, stream: number, end: StreamEnd, timeMs: number): boolean {
    const payload = this.#payload
    const violation = payload.stringBytes(end.violation)
    const method = payload.stringBytes(end.method)
    const detail = payload.stringBytes(end.detail)
    if (!this.#claim.open(flow, CLOSED.id, stream, timeMs, CLOSED.fixedBytes + violation + method + detail)) return false
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

  #cutBytes(kind: number, part: unknown, full: number): number {
    if (kind === KIND_STRING) return Math.min(full, this.#payload.maxStringBytes)
    // Half a JSON text is none: it is left out.
    if (kind === KIND_JSON) return full > this.#payload.maxStringBytes ? 0 : full
    if (kind === KIND_BYTES) return Math.min(full, this.#payload.maxBlockBytes)
    const block = part as FieldBlock
    return blockBytes(block.bytes, block.start, block.end, this.#payload.maxBlockBytes)
  }

  #put(kind: number, indices: ReadonlyMap<string, number>, part: unknown, length: number): void {
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
        payload.string(length === 0 ? undefined : (part as string), length)
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
  if (typeof part === 'string') return Buffer.byteLength(part)
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
