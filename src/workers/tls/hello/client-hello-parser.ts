/**
 * ClientHelloParser: reads the first bytes of a client connection up to the end of its ClientHello, in any split, over any
 * number of TLS records (RFC 8446 §5.1). Sans-io; the caller keeps the raw bytes for whoever speaks TLS next. Worker thread.
 *
 *     FIRST ──0x16──▶ MAJOR ─▶ MINOR ─▶ LENGTH_HIGH ─▶ LENGTH_LOW ─▶ MESSAGE ──complete──▶ hello
 *       │                                    ▲                          │
 *       ├──0x80…──▶ SSL2_LENGTH ─▶ SSL2_TYPE ─▶ SSL2_VERSION            └──record ends──▶ NEXT ─▶ MAJOR …
 *       └──else──▶ not_tls
 *
 * Decides at the earliest octet that decides: a client that does not speak TLS must not be kept waiting for more of it.
 * What is kept is the message, bounded by `CLIENT_HELLO_BYTES` before a byte of it is stored; a hello in one piece (nearly
 * all of them) is decoded where it lies.
 */

import { CLIENT_HELLO_BYTES, TLS_PLAINTEXT_BYTES } from '../../../shared/limits/tls.ts'
import { CLIENT_HELLO_VIOLATIONS } from '../../../shared/violations/client-hello.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import { MessageBuffer } from '../records/message-buffer.ts'
import {
  CLIENT_HELLO,
  HANDSHAKE,
  HANDSHAKE_HEADER_BYTES,
  isRecordType,
  RECORD_MAJOR,
  SSL2_CLIENT_HELLO,
  SSL2_LENGTH_BIT,
} from '../records/record.ts'
import type { ClientHello } from './client-hello.ts'
import { decodeClientHello } from './client-hello-decoder.ts'

export type HelloResult =
  | { readonly kind: 'need_more' }
  | { readonly kind: 'hello'; readonly hello: ClientHello }
  | { readonly kind: 'not_tls' }
  | { readonly kind: 'violation'; readonly violation: Violation }

const NEED_MORE: HelloResult = { kind: 'need_more' }
const NOT_TLS: HelloResult = { kind: 'not_tls' }

const FIRST = 0
const MAJOR = 1
const MINOR = 2
const LENGTH_HIGH = 3
const LENGTH_LOW = 4
const MESSAGE = 5
const NEXT = 6
const SSL2_LENGTH = 7
const SSL2_TYPE = 8
const SSL2_VERSION = 9
const DONE = 10

export class ClientHelloParser {
  #state = FIRST
  /** Type of a first record that is not a handshake, kept until its version shows whether it is TLS at all. */
  #recordType = HANDSHAKE
  #recordLeft = 0
  /** The message so far, handshake header included. */
  readonly #message = new MessageBuffer()
  #result: HelloResult = NEED_MORE

  /** Takes the next bytes of the client. Once it has answered other than `need_more`, it goes on answering the same. */
  execute(bytes: Uint8Array): HelloResult {
    let at = 0
    while (at < bytes.length && this.#state !== DONE) {
      const octet = bytes[at] as number
      switch (this.#state) {
        case FIRST:
          this.#first(octet)
          at++
          break
        case NEXT:
          this.#state = MAJOR
          if (octet !== HANDSHAKE) this.#refuse(CLIENT_HELLO_VIOLATIONS.client_hello_record_type)
          at++
          break
        case MAJOR:
          this.#major(octet)
          at++
          break
        case MINOR:
          // RFC 8446 §5.1: the version of a record "MUST be ignored for all purposes".
          this.#state = LENGTH_HIGH
          at++
          break
        case LENGTH_HIGH:
          this.#recordLeft = octet << 8
          this.#state = LENGTH_LOW
          at++
          break
        case LENGTH_LOW:
          this.#recordLeft |= octet
          this.#checkRecordLength()
          at++
          break
        case SSL2_LENGTH:
          this.#state = SSL2_TYPE
          at++
          break
        case SSL2_TYPE:
          this.#state = SSL2_VERSION
          if (octet !== SSL2_CLIENT_HELLO) this.#end(NOT_TLS)
          at++
          break
        case SSL2_VERSION:
          // The first octet of the version: 0 for SSL 2.0 itself, 3 for its format with a later version in it.
          if (octet === 0 || octet === RECORD_MAJOR) this.#refuse(CLIENT_HELLO_VIOLATIONS.client_hello_ssl2)
          else this.#end(NOT_TLS)
          at++
          break
        default:
          at += this.#takeMessage(bytes, at)
      }
    }
    return this.#result
  }

  #first(octet: number): void {
    this.#recordType = octet
    if (isRecordType(octet)) this.#state = MAJOR
    else if ((octet & SSL2_LENGTH_BIT) !== 0) this.#state = SSL2_LENGTH
    else this.#end(NOT_TLS)
  }

  #major(octet: number): void {
    this.#state = MINOR
    if (this.#recordType !== HANDSHAKE) {
      if (octet === RECORD_MAJOR) this.#refuse(CLIENT_HELLO_VIOLATIONS.client_hello_record_type)
      else this.#end(NOT_TLS)
    } else if (octet !== RECORD_MAJOR) {
      if (this.#message.length === 0) this.#end(NOT_TLS)
      else this.#refuse(CLIENT_HELLO_VIOLATIONS.client_hello_record_type)
    }
  }

  #checkRecordLength(): void {
    this.#state = MESSAGE
    // RFC 8446 §5.1: "Implementations MUST NOT send zero-length fragments of Handshake types"; nor could we bound them.
    if (this.#recordLeft === 0) this.#refuse(CLIENT_HELLO_VIOLATIONS.client_hello_record_empty)
    else if (this.#recordLeft > TLS_PLAINTEXT_BYTES) this.#refuse(CLIENT_HELLO_VIOLATIONS.client_hello_record_too_long)
  }

  /** Takes what of the message is in this record and these bytes; returns how many octets that were. */
  #takeMessage(bytes: Uint8Array, at: number): number {
    const available = Math.min(this.#recordLeft, bytes.length - at)
    if (this.#message.length === 0 && available >= HANDSHAKE_HEADER_BYTES) {
      const size = messageSize(bytes, at)
      if (available >= size && this.#checkHeader(bytes[at] as number, size)) {
        this.#decode(bytes, at, at + size)
        return size
      }
      if (this.#state === DONE) return available
    }
    return this.#store(bytes, at, available)
  }

  /** The slow path: the header octet by octet, so that its length is judged before anything behind it is kept. */
  #store(bytes: Uint8Array, at: number, available: number): number {
    const message = this.#message
    const wanted = message.length < HANDSHAKE_HEADER_BYTES ? HANDSHAKE_HEADER_BYTES : messageSize(message.bytes, 0)
    const taken = Math.min(available, wanted - message.length)
    message.append(bytes, at, at + taken)
    this.#recordLeft -= taken
    if (this.#recordLeft === 0) this.#state = NEXT
    if (message.length < HANDSHAKE_HEADER_BYTES) this.#checkHeader(message.bytes[0] as number, 0)
    else {
      const size = messageSize(message.bytes, 0)
      if (this.#checkHeader(message.bytes[0] as number, size) && message.length === size) this.#decode(message.bytes, 0, size)
    }
    return taken
  }

  #checkHeader(type: number, size: number): boolean {
    if (type !== CLIENT_HELLO) this.#refuse(CLIENT_HELLO_VIOLATIONS.client_hello_message_type)
    else if (size > CLIENT_HELLO_BYTES + HANDSHAKE_HEADER_BYTES) this.#refuse(CLIENT_HELLO_VIOLATIONS.client_hello_too_long)
    else return true
    return false
  }

  #decode(bytes: Uint8Array, start: number, end: number): void {
    const decoded = decodeClientHello(bytes, start + HANDSHAKE_HEADER_BYTES, end)
    if ('code' in decoded) this.#refuse(decoded)
    else this.#end({ kind: 'hello', hello: decoded })
  }

  #refuse(violation: Violation): void {
    this.#end({ kind: 'violation', violation })
  }

  #end(result: HelloResult): void {
    this.#state = DONE
    this.#result = result
    this.#message.release()
  }
}

/** Octets of the handshake message whose header starts at `at`, header included (RFC 8446 §4: type u8, length u24). */
function messageSize(bytes: Uint8Array, at: number): number {
  const length = ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number)
  return HANDSHAKE_HEADER_BYTES + length
}
