/**
 * RecordDirection: cuts what one side sends into TLS records, and plaintext records into handshake messages and alerts
 * (RFC 8446 §4, §5.1, §6), in any split. Knows no meaning: the tracker says which records are in clear. Worker thread.
 *
 *     HEADER ──┬─▶ SKIP ──────────┐        one span per record, whatever its size: payload is counted, never looked at
 *        ▲     ├─▶ MESSAGE_HEADER ◀─▶ MESSAGE_BODY     over record boundaries
 *        │     └─▶ ALERT          │
 *        └───────record ends──────┘
 *
 * Memory: five octets of record header, four of message header, one of an alert, and a hello while it is being gathered.
 */

import { TLS_CIPHERTEXT_BYTES } from '../../../shared/limits/tls.ts'
import type { Side } from '../../../shared/side.ts'
import { TLS_RECORD_VIOLATIONS } from '../../../shared/violations/tls-record.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import { MessageBuffer } from './message-buffer.ts'
import {
  ALERT,
  HANDSHAKE,
  HANDSHAKE_HEADER_BYTES,
  isRecordType,
  isText,
  RECORD_HEADER_BYTES,
  RECORD_MAJOR,
  SSL2_CLIENT_HELLO,
  SSL2_LENGTH_BIT,
} from './record.ts'

/** What a direction tells its tracker. */
export interface RecordSink {
  /** A record begins. True: its payload is in clear and is to be read. */
  onRecord(side: Side, type: number, length: number): boolean
  /** A handshake message begins. True: its body, of `length` octets, is wanted, and within the limits. */
  onMessageStart(side: Side, type: number, length: number): boolean
  onMessageBody(side: Side, type: number, bytes: Uint8Array, start: number, end: number): void
  onPlaintextAlert(side: Side, level: number, description: number): void
  /** A hello in SSL 2.0 format, as old clients sent it to introduce TLS (RFC 5246 §E.2). */
  onSsl2Hello(side: Side): void
  onForeign(side: Side, text: boolean): void
  onBroken(side: Side, violation: Violation): void
}

const HEADER = 0
const SKIP = 1
const MESSAGE_HEADER = 2
const MESSAGE_BODY = 3
const ALERT_PAIR = 4
const STOPPED = 5

/** No first octet of an alert has come. */
const NO_LEVEL = -1
/** Octets of an SSL 2.0 header behind which its length counts. */
const SSL2_HEADER_BYTES = 2

export class RecordDirection {
  readonly #side: Side
  readonly #sink: RecordSink
  #state = HEADER
  /** Octets of this side so far that belong to a record header that is not complete. */
  readonly #gathered = new Uint8Array(RECORD_HEADER_BYTES)
  #have = 0
  readonly #messageHeader = Buffer.alloc(HANDSHAKE_HEADER_BYTES)
  #messageHave = 0
  /** Of an alert whose description is in the next record: a split that RFC 8446 §5.1 forbids, and RFC 5246 §6.2.1 does not. */
  #alertLevel = NO_LEVEL
  #recordLeft = 0
  /** No record has been seen yet: what comes may be anything but TLS. */
  #first = true
  #messageLeft = 0
  #wanted = false
  readonly #body = new MessageBuffer()

  constructor(side: Side, sink: RecordSink) {
    this.#side = side
    this.#sink = sink
  }

  /** Reads no further; what the handler was told so far stays. */
  stop(): void {
    this.#state = STOPPED
    this.#body.release()
  }

  execute(bytes: Uint8Array): void {
    let at = 0
    while (at < bytes.length && this.#state !== STOPPED) {
      switch (this.#state) {
        case HEADER:
          at = this.#takeHeader(bytes, at)
          break
        case SKIP: {
          const taken = Math.min(this.#recordLeft, bytes.length - at)
          at += taken
          this.#consume(taken)
          break
        }
        case MESSAGE_HEADER:
          at = this.#takeMessageHeader(bytes, at)
          break
        case MESSAGE_BODY:
          at = this.#takeBody(bytes, at)
          break
        default:
          at = this.#takeAlert(bytes, at)
      }
    }
  }

  #takeHeader(bytes: Uint8Array, at: number): number {
    if (this.#have === 0 && !this.#first && bytes.length - at >= RECORD_HEADER_BYTES) {
      this.#begin(bytes, at)
      return at + RECORD_HEADER_BYTES
    }
    this.#gathered[this.#have++] = bytes[at] as number
    if (this.#first && this.#isForeign()) return at + 1
    if (this.#have === RECORD_HEADER_BYTES) {
      this.#have = 0
      this.#begin(this.#gathered, 0)
    }
    return at + 1
  }

  /** Judges the first octets of all as they come, so that another protocol is told from TLS at once. */
  #isForeign(): boolean {
    const [type = 0, major, message, version] = this.#gathered
    const ssl2 = (type & SSL2_LENGTH_BIT) !== 0
    if (!isRecordType(type) && !ssl2) return this.#foreign(isText(type))
    if (this.#have === 2 && !ssl2 && major !== RECORD_MAJOR) return this.#foreign(false)
    if (this.#have === 3 && ssl2 && message !== SSL2_CLIENT_HELLO) return this.#foreign(false)
    if (this.#have === 4 && ssl2 && version !== 0 && version !== RECORD_MAJOR) return this.#foreign(false)
    return false
  }

  #foreign(text: boolean): true {
    this.stop()
    this.#sink.onForeign(this.#side, text)
    return true
  }

  /** A header of five octets is complete at `at`. */
  #begin(bytes: Uint8Array, at: number): void {
    const type = bytes[at] as number
    const high = bytes[at + 1] as number
    if (this.#first && (type & SSL2_LENGTH_BIT) !== 0) {
      this.#beginSsl2(((type & 0x7f) << 8) | high)
      return
    }
    this.#first = false
    if (!isRecordType(type) || high !== RECORD_MAJOR) {
      this.#broken(TLS_RECORD_VIOLATIONS.tls_record_type)
      return
    }
    const length = ((bytes[at + 3] as number) << 8) | (bytes[at + 4] as number)
    if (length > TLS_CIPHERTEXT_BYTES) {
      this.#broken(TLS_RECORD_VIOLATIONS.tls_record_too_long)
      return
    }
    this.#recordLeft = length
    const clear = this.#sink.onRecord(this.#side, type, length)
    if (!clear || type !== ALERT) this.#alertLevel = NO_LEVEL
    // The sink may have stopped this direction.
    if (this.#state === STOPPED || length === 0) return
    if (clear && type === HANDSHAKE) this.#state = this.#messageLeft > 0 ? MESSAGE_BODY : MESSAGE_HEADER
    else if (clear && type === ALERT) this.#state = ALERT_PAIR
    else this.#state = SKIP
  }

  /** Three octets of the hello were gathered with the header: what is left of it is passed over. */
  #beginSsl2(length: number): void {
    this.#first = false
    this.#recordLeft = length - (RECORD_HEADER_BYTES - SSL2_HEADER_BYTES)
    if (this.#recordLeft < 0) {
      this.#broken(TLS_RECORD_VIOLATIONS.tls_record_type)
      return
    }
    this.#state = this.#recordLeft === 0 ? HEADER : SKIP
    this.#sink.onSsl2Hello(this.#side)
  }

  #takeMessageHeader(bytes: Uint8Array, at: number): number {
    this.#messageHeader[this.#messageHave++] = bytes[at] as number
    if (this.#messageHave === HANDSHAKE_HEADER_BYTES) {
      this.#messageHave = 0
      const type = this.#messageHeader[0] as number
      this.#messageLeft = this.#messageHeader.readUIntBE(1, 3)
      this.#wanted = this.#sink.onMessageStart(this.#side, type, this.#messageLeft)
      if (this.#state === STOPPED) return at + 1
      if (this.#messageLeft > 0) this.#state = MESSAGE_BODY
      else if (this.#wanted) this.#sink.onMessageBody(this.#side, type, bytes, at, at)
    }
    this.#consume(1)
    return at + 1
  }

  #takeBody(bytes: Uint8Array, at: number): number {
    const taken = Math.min(this.#messageLeft, this.#recordLeft, bytes.length - at)
    const end = at + taken
    this.#messageLeft -= taken
    if (this.#wanted) this.#keep(bytes, at, end)
    if (this.#state === STOPPED) return end
    if (this.#messageLeft === 0) this.#state = MESSAGE_HEADER
    this.#consume(taken)
    return end
  }

  /** A body in one piece is handed on where it lies. */
  #keep(bytes: Uint8Array, start: number, end: number): void {
    const type = this.#messageHeader[0] as number
    if (this.#messageLeft === 0 && this.#body.length === 0) {
      this.#sink.onMessageBody(this.#side, type, bytes, start, end)
      return
    }
    this.#body.append(bytes, start, end)
    if (this.#messageLeft > 0) return
    this.#sink.onMessageBody(this.#side, type, this.#body.bytes, 0, this.#body.length)
    this.#body.release()
  }

  #takeAlert(bytes: Uint8Array, at: number): number {
    const level = this.#alertLevel
    const octet = bytes[at] as number
    this.#alertLevel = level === NO_LEVEL ? octet : NO_LEVEL
    this.#consume(1)
    if (level !== NO_LEVEL) this.#sink.onPlaintextAlert(this.#side, level, octet)
    return at + 1
  }

  #consume(octets: number): void {
    this.#recordLeft -= octets
    if (this.#recordLeft === 0 && this.#state !== STOPPED) this.#state = HEADER
  }

  #broken(violation: Violation): void {
    this.stop()
    this.#sink.onBroken(this.#side, violation)
  }
}
