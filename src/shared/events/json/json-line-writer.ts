/**
 * JsonLineWriter: event records straight to NDJSON, octets to octets: what `JSON.stringify(reader.decode(context))` gives,
 * to the octet (tested), at a fraction of the cost, because no object and hardly a string is made. For sinks that write every
 * event. Aggregator thread.
 */

import {
  EVENT_CODECS,
  type EventCodec,
  KIND_BOOL,
  KIND_BYTES,
  KIND_ENUM,
  KIND_F64,
  KIND_FIELDS,
  KIND_JSON,
  KIND_STRING,
  KIND_U32,
} from '../record/event-codecs.ts'
import { ABSENT_U8, ABSENT_U32, NO_STREAM } from '../record/record-descriptor.ts'
import type { FlowContext, RecordReader } from '../record/record-reader.ts'
import { REDACTED, RedactedNames } from '../redacted-names.ts'
import { RedactedQuery } from '../redacted-query.ts'
import { SCHEMA_VERSION } from '../schema.ts'
import { FieldLineScanner } from './field-lines.ts'
import { JsonBytes, MAX_ESCAPED_BYTES } from './json-bytes.ts'
import { FlowTexts, LineCache } from './line-cache.ts'

const LF = 0x0a
const COMMA = 0x2c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const CLOSE_OBJECT = 0x7d
const NS_DIGITS = 9
/** Octets of all keys, literals and numbers of one line, more than any event has. */
const LINE_BYTES = 2048
const INITIAL_BYTES = 65_536

const literal = (text: string): Uint8Array => Buffer.from(text)

const TIME_UNIX_MS = literal(',"time_unix_ms":')
const TIME_MONO_NS = literal(',"time_mono_ns":"')
const FLOW_SEQ = literal(',"flow_seq":')
const WORKER = literal('","worker":')
const CLIENT_ADDR = literal(',"client_addr":')
const SERVER_HOST = literal(',"server_host":')
const SERVER_PORT = literal(',"server_port":')
const PROTOCOL = literal(',"protocol":')
const TRUNCATED = literal(',"truncated":true')
const FAULTED = literal(',"faulted":true')
const STREAM_ID = literal(',"stream_id":')
const EXCHANGE = literal(',"exchange":')
const NULL = literal('null')
const TRUE = literal('true')
const FALSE = literal('false')
const REDACTED_STRING = literal(JSON.stringify(REDACTED))

/** The constant texts of one event: its opening, and per field the key, and per enum value its text. */
interface EventTexts {
  readonly opening: Uint8Array
  readonly keys: readonly Uint8Array[]
  readonly values: readonly (readonly Uint8Array[])[]
}

const TEXTS: readonly (EventTexts | undefined)[] = buildTexts()

export class JsonLineWriter {
  readonly #json: JsonBytes = new JsonBytes(INITIAL_BYTES)
  readonly #lines: FieldLineScanner = new FieldLineScanner()
  readonly #redacted: RedactedNames
  readonly #query: RedactedQuery
  readonly #cache: LineCache = new LineCache()

  /** `redacted`: names of fields, lower case, whose values no event carries; `query`: of parameters of URLs. */
  constructor(redacted: ReadonlySet<string>, query: readonly string[] = []) {
    this.#redacted = new RedactedNames(redacted)
    this.#query = new RedactedQuery(query)
  }

  /** Octets waiting in `take`. */
  get length(): number {
    return this.#json.length
  }

  /** The lines written since the last `take`: a view, valid until the next `write`. */
  take(): Uint8Array {
    return this.#json.take()
  }

  /** Appends the line of the event that `reader` points at. */
  write(reader: RecordReader, context: FlowContext): void {
    const { codec } = reader
    const texts = TEXTS[reader.id]
    if (codec === undefined || texts === undefined) return
    const json = this.#json
    const contextLength = context.flow_id.length + context.client_addr.length + context.server_host.length
    json.ensure(LINE_BYTES + MAX_ESCAPED_BYTES * (reader.length + contextLength))
    all(json, texts.opening)
    this.#base(reader, context)
    this.#payload(reader, codec, texts)
    json.octet(CLOSE_OBJECT)
    json.octet(LF)
  }

  #base(reader: RecordReader, context: FlowContext): void {
    const json = this.#json
    const { flow, worker, protocol, stream } = reader
    const texts = this.#cache.find(flow, context, worker, protocol)
    if (texts === undefined) json.string(context.flow_id)
    else all(json, texts.id)
    all(json, FLOW_SEQ)
    json.number(reader.flowSeq)
    this.#time(reader)
    if (texts === undefined) this.#addresses(reader, context, protocol)
    else all(json, texts.addresses)
    if (reader.truncated) all(json, TRUNCATED)
    if (reader.faulted) all(json, FAULTED)
    if (stream === NO_STREAM) return
    all(json, reader.multiplexed ? STREAM_ID : EXCHANGE)
    json.number(stream)
  }

  #time(reader: RecordReader): void {
    const json = this.#json
    const cache = this.#cache
    if (cache.hasTime(reader.worker, reader.timeMs)) {
      json.raw(cache.time, 0, cache.timeLength)
      return
    }
    const start = json.length
    all(json, TIME_UNIX_MS)
    json.thousandths(reader.timeUnixUs)
    all(json, TIME_MONO_NS)
    const seconds = reader.monoSeconds
    if (seconds > 0) json.number(seconds)
    json.padded(reader.monoNs, seconds > 0 ? NS_DIGITS : 1)
    cache.timeLength = json.copySince(start, cache.time)
  }

  /** What all events of a flow have between their time and their own fields; remembered. */
  #addresses(reader: RecordReader, context: FlowContext, protocol: string): void {
    const json = this.#json
    const start = json.length
    all(json, WORKER)
    json.number(reader.worker)
    all(json, CLIENT_ADDR)
    json.string(context.client_addr)
    all(json, SERVER_HOST)
    json.string(context.server_host)
    all(json, SERVER_PORT)
    json.number(context.server_port)
    all(json, PROTOCOL)
    json.string(protocol)
    const id = literal(JSON.stringify(context.flow_id))
    this.#cache.keep(reader.flow, new FlowTexts(context, reader.worker, protocol, id, json.since(start)))
  }

  #payload(reader: RecordReader, codec: EventCodec, texts: EventTexts): void {
    const { fields } = codec
    const { view, bytes } = reader
    const json = this.#json
    let at = reader.payloadStart
    for (let n = 0; n < fields.length; n++) {
      const kind = fields[n]?.kind ?? KIND_U32
      const key = texts.keys[n] as Uint8Array
      if (kind === KIND_F64) {
        const value = view.getFloat64(at, true)
        at += 8
        if (!Number.isNaN(value)) this.#number(key, value)
      } else if (kind === KIND_U32) {
        const value = view.getUint32(at, true)
        at += 4
        if (value !== ABSENT_U32) this.#number(key, value)
      } else if (kind === KIND_BOOL || kind === KIND_ENUM) {
        const value = bytes[at++] as number
        if (value !== ABSENT_U8) this.#literal(key, texts.values[n]?.[value])
      } else {
        const length = view.getUint32(at, true)
        at += 4
        if (length === ABSENT_U32) continue
        all(json, key)
        if (fields[n]?.isUrl === true && this.#query.concerns(bytes, at, at + length))
          json.string(this.#query.redact(bytes.toString('utf8', at, at + length)))
        else this.#variable(kind, bytes, at, at + length)
        at += length
      }
    }
  }

  #number(key: Uint8Array, value: number): void {
    all(this.#json, key)
    if (Number.isFinite(value)) this.#json.number(value)
    else this.#json.raw(NULL, 0, NULL.length)
  }

  #literal(key: Uint8Array, value: Uint8Array | undefined): void {
    if (value === undefined) return
    all(this.#json, key)
    all(this.#json, value)
  }

  #variable(kind: number, bytes: Buffer, start: number, end: number): void {
    const json = this.#json
    if (kind === KIND_STRING) json.utf8(bytes, start, end)
    else if (kind === KIND_JSON) json.raw(bytes, start, end)
    else if (kind === KIND_BYTES) json.string(bytes.toString('base64', start, end))
    else if (kind === KIND_FIELDS) this.#fields(bytes, start, end)
  }

  #fields(bytes: Buffer, start: number, end: number): void {
    const json = this.#json
    const lines = this.#lines
    lines.start(bytes, start, end)
    json.octet(OPEN_LIST)
    for (let first = true; lines.next(); first = false) {
      if (!first) json.octet(COMMA)
      json.octet(OPEN_LIST)
      json.latin1(bytes, lines.nameStart, lines.nameEnd)
      json.octet(COMMA)
      if (this.#redacted.covers(bytes, lines.nameStart, lines.nameEnd)) all(json, REDACTED_STRING)
      else if (this.#isSecretUrl(bytes)) json.string(this.#query.redact(bytes.toString('latin1', lines.valueStart, lines.valueEnd)))
      else json.latin1(bytes, lines.valueStart, lines.valueEnd)
      json.octet(CLOSE_LIST)
    }
    json.octet(CLOSE_LIST)
  }

  /** Whether the line that was found last has a URL with parameters. */
  #isSecretUrl(bytes: Buffer): boolean {
    const { nameStart, nameEnd, valueStart, valueEnd } = this.#lines
    return this.#query.isUrlField(bytes, nameStart, nameEnd) && this.#query.concerns(bytes, valueStart, valueEnd)
  }
}

function all(json: JsonBytes, text: Uint8Array): void {
  json.raw(text, 0, text.length)
}

function buildTexts(): (EventTexts | undefined)[] {
  const texts: (EventTexts | undefined)[] = []
  for (const codec of Object.values(EVENT_CODECS)) {
    texts[codec.id] = {
      opening: literal(`{"schema":${SCHEMA_VERSION},"event":"${codec.name}","flow_id":`),
      keys: codec.fields.map((field) => literal(`,"${field.name}":`)),
      values: codec.fields.map((field) =>
        field.kind === KIND_BOOL ? [FALSE, TRUE] : field.values.map((value) => literal(JSON.stringify(value))),
      ),
    }
  }
  return texts
}
