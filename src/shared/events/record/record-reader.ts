/**
 * RecordReader: reads event records where they lie in a ring.
 *
 * `read` points it at a record; header fields are then properties, payload fields are read singly by index (`fieldIndex`),
 * and `decode` makes the public event. So metrics cost a few loads per record and only what a sink wants is materialised.
 * One per ring; valid until the record's room is given back. Aggregator thread.
 */

import { RECORD_LENGTH_OFFSET } from '../../ring/ring-descriptor.ts'
import { ringOrigin } from '../../ring/ring-memory.ts'
import type { SothEvent } from '../event.ts'
import type { FlowAddresses } from '../flow-cursor.ts'
import { splitFieldLines } from '../json/field-lines.ts'
import { PROTOCOLS, type Protocol } from '../protocols.ts'
import { RedactedNames } from '../redacted-names.ts'
import { RedactedQuery } from '../redacted-query.ts'
import { SCHEMA_VERSION } from '../schema.ts'
import {
  CODEC_BY_ID,
  type EventCodec,
  KIND_BOOL,
  KIND_BYTES,
  KIND_BYTES_FIXED,
  KIND_ENUM,
  KIND_F64,
  KIND_JSON,
  KIND_STRING,
  KIND_U32,
} from './event-codecs.ts'
import {
  ABSENT_U8,
  ABSENT_U32,
  FLAG_FAULTED,
  FLAG_MULTIPLEXED,
  FLAG_TRUNCATED,
  FLAGS_OFFSET,
  FLOW_CONTEXT_TYPE,
  FLOW_OFFSET,
  FLOW_SEQ_OFFSET,
  NO_STREAM,
  PAYLOAD_OFFSET,
  PROTOCOL_OFFSET,
  STREAM_OFFSET,
  TIME_OFFSET,
} from './record-descriptor.ts'

/** What the consumer knows of a flow, by its number. */
export interface FlowContext extends FlowAddresses {
  readonly flow_id: string
}

const NS_PER_S = 1_000_000_000
const NS_PER_MS = 1_000_000
const US_PER_MS = 1_000
const NS_DIGITS = 9

export class RecordReader {
  /** 0 is the acceptor, 1…N are the workers. */
  readonly worker: number
  /** The ring's whole memory. */
  readonly bytes: Buffer
  readonly view: DataView
  readonly #redacted: RedactedNames
  readonly #query: RedactedQuery
  readonly #wallMs: number
  readonly #originSeconds: number
  readonly #originNs: number
  #type = 0
  #start = 0
  #codec: EventCodec | undefined = undefined

  /** `redacted`: names of fields, lower case, whose values no event carries; `query`: of parameters of URLs. */
  constructor(memory: SharedArrayBuffer, worker: number, redacted: ReadonlySet<string>, query: readonly string[] = []) {
    const origin = ringOrigin(memory)
    this.worker = worker
    this.bytes = Buffer.from(memory)
    this.view = new DataView(memory)
    this.#redacted = new RedactedNames(redacted)
    this.#query = new RedactedQuery(query)
    this.#wallMs = origin.wallMs
    this.#originSeconds = Number(origin.monoNs / BigInt(NS_PER_S))
    this.#originNs = Number(origin.monoNs % BigInt(NS_PER_S))
  }

  /** Points the reader at a record of `type` that starts at `start`, as `RecordHandler.onRecord` gives them. */
  read(type: number, start: number): this {
    this.#type = type
    this.#start = start
    this.#codec = CODEC_BY_ID[type]
    return this
  }

  /** Whether the record is a flow context: `addresses` then holds it, and there is no event. */
  get isFlowContext(): boolean {
    return this.#type === FLOW_CONTEXT_TYPE
  }
  /** The event's number in the schema. */
  get id(): number {
    return this.#type
  }
  get codec(): EventCodec | undefined {
    return this.#codec
  }
  get flow(): number {
    return this.view.getFloat64(this.#start + FLOW_OFFSET, true)
  }
  get flowSeq(): number {
    return this.view.getUint32(this.#start + FLOW_SEQ_OFFSET, true)
  }
  get protocol(): Protocol {
    return PROTOCOLS[this.bytes[this.#start + PROTOCOL_OFFSET] as number] ?? 'tunnel'
  }
  /** `stream_id` or `exchange`, or NO_STREAM. */
  get stream(): number {
    return this.view.getUint32(this.#start + STREAM_OFFSET, true)
  }
  get truncated(): boolean {
    return ((this.bytes[this.#start + FLAGS_OFFSET] as number) & FLAG_TRUNCATED) !== 0
  }
  /** Whether a fault was injected into the exchange, or into the flow. */
  get faulted(): boolean {
    return ((this.bytes[this.#start + FLAGS_OFFSET] as number) & FLAG_FAULTED) !== 0
  }
  /** Whether `stream` is an HTTP/2 stream id. */
  get multiplexed(): boolean {
    if (((this.bytes[this.#start + FLAGS_OFFSET] as number) & FLAG_MULTIPLEXED) !== 0) return true
    return this.protocol === 'http2'
  }
  /** Milliseconds since the ring's time origin. */
  get timeMs(): number {
    return this.view.getFloat64(this.#start + TIME_OFFSET, true)
  }
  /** Microseconds since the epoch. */
  get timeUnixUs(): number {
    return Math.round((this.#wallMs + this.timeMs) * US_PER_MS)
  }
  /** Whole seconds of the monotonic time. In two parts, because as nanoseconds it exceeds 2⁵³ after 104 days of uptime. */
  get monoSeconds(): number {
    return this.#originSeconds + Math.floor((this.#originNs + this.#sinceOriginNs) / NS_PER_S)
  }
  /** Nanoseconds of the monotonic time beyond its whole seconds. */
  get monoNs(): number {
    return (this.#originNs + this.#sinceOriginNs) % NS_PER_S
  }
  /** Monotonic nanoseconds, decimal. */
  get timeMonoNs(): string {
    const seconds = this.monoSeconds
    return seconds === 0 ? String(this.monoNs) : `${seconds}${String(this.monoNs).padStart(NS_DIGITS, '0')}`
  }
  /** Octets of the record, header included. */
  get length(): number {
    return this.view.getUint32(this.#start + RECORD_LENGTH_OFFSET, true)
  }
  /** Where the first payload field stands. */
  get payloadStart(): number {
    return this.#start + PAYLOAD_OFFSET
  }

  /** The addresses of a flow context. */
  get addresses(): FlowAddresses {
    const clientAt = this.#start + PAYLOAD_OFFSET
    const hostAt = clientAt + 4 + this.view.getUint32(clientAt, true)
    const portAt = hostAt + 4 + this.view.getUint32(hostAt, true)
    return { client_addr: this.#text(clientAt), server_host: this.#text(hostAt), server_port: this.view.getUint32(portAt, true) }
  }

  /** A u32 or f64 field; NaN where absent. */
  number(field: number): number {
    const at = this.#fieldAt(field)
    if (this.#kind(field) === KIND_F64) return this.view.getFloat64(at, true)
    const value = this.view.getUint32(at, true)
    return value === ABSENT_U32 ? Number.NaN : value
  }

  /** The index of an enum field's value, or −1 where absent; of a bool field 0 or 1. */
  index(field: number): number {
    const value = this.bytes[this.#fieldAt(field)] as number
    return value === ABSENT_U8 ? -1 : value
  }

  /** A string or enum field, or undefined where absent. */
  text(field: number): string | undefined {
    if (this.#kind(field) === KIND_ENUM) return this.#codec?.fields[field]?.values[this.index(field)]
    const at = this.#fieldAt(field)
    return this.view.getUint32(at, true) === ABSENT_U32 ? undefined : this.#text(at)
  }

  /** Which of `texts` a string field is, or −1: tells the usual values apart without making a string. */
  textIndex(field: number, texts: readonly Uint8Array[]): number {
    const at = this.#fieldAt(field)
    const length = this.view.getUint32(at, true)
    for (let n = 0; n < texts.length; n++) {
      const text = texts[n] as Uint8Array
      if (text.length === length && this.#startsWith(at + 4, text)) return n
    }
    return -1
  }

  /** The public event, in full. `context` is what the consumer knows of the record's flow. */
  decode(context: FlowContext): SothEvent | undefined {
    const codec = this.#codec
    if (codec === undefined) return undefined
    const event: Record<string, unknown> = {
      schema: SCHEMA_VERSION,
      event: codec.name,
      flow_id: context.flow_id,
      flow_seq: this.flowSeq,
      time_unix_ms: this.timeUnixUs / US_PER_MS,
      time_mono_ns: this.timeMonoNs,
      worker: this.worker,
      client_addr: context.client_addr,
      server_host: context.server_host,
      server_port: context.server_port,
      protocol: this.protocol,
    }
    if (this.truncated) event['truncated'] = true
    if (this.faulted) event['faulted'] = true
    const { stream } = this
    if (stream !== NO_STREAM) event[this.multiplexed ? 'stream_id' : 'exchange'] = stream
    let at = this.#start + PAYLOAD_OFFSET
    for (const field of codec.fields) {
      const value = this.#value(field.kind, field.values, at)
      if (value !== undefined) event[field.name] = field.isUrl ? this.#query.redact(String(value)) : value
      at = this.#next(field.kind, at)
    }
    return event as unknown as SothEvent
  }

  /** Never negative: a shift may put an early event of a thread just before the ring's origin. */
  get #sinceOriginNs(): number {
    return Math.max(0, Math.round(this.timeMs * NS_PER_MS))
  }

  #kind(field: number): number {
    return this.#codec?.fields[field]?.kind ?? KIND_U32
  }

  #fieldAt(field: number): number {
    let at = this.#start + PAYLOAD_OFFSET
    for (let n = 0; n < field; n++) at = this.#next(this.#kind(n), at)
    return at
  }

  #next(kind: number, at: number): number {
    const next = at + (KIND_BYTES_FIXED[kind] as number)
    if (kind < KIND_STRING) return next
    const length = this.view.getUint32(at, true)
    return length === ABSENT_U32 ? next : next + length
  }

  #value(kind: number, values: readonly string[], at: number): unknown {
    if (kind === KIND_F64) {
      const number = this.view.getFloat64(at, true)
      return Number.isNaN(number) ? undefined : number
    }
    if (kind === KIND_BOOL || kind === KIND_ENUM) {
      const index = this.bytes[at] as number
      return index === ABSENT_U8 ? undefined : kind === KIND_BOOL ? index === 1 : values[index]
    }
    const word = this.view.getUint32(at, true)
    if (word === ABSENT_U32) return undefined
    if (kind === KIND_U32) return word
    if (kind === KIND_STRING) return this.#text(at)
    if (kind === KIND_JSON) return JSON.parse(this.#text(at))
    if (kind === KIND_BYTES) return this.bytes.toString('base64', at + 4, at + 4 + word)
    return splitFieldLines(this.bytes, at + 4, at + 4 + word, this.#redacted, this.#query)
  }

  #startsWith(at: number, text: Uint8Array): boolean {
    for (let i = 0; i < text.length; i++) if (this.bytes[at + i] !== text[i]) return false
    return true
  }

  #text(at: number): string {
    return this.bytes.toString('utf8', at + 4, at + 4 + this.view.getUint32(at, true))
  }
}
