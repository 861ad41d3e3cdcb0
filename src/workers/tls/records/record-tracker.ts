/**
 * RecordTracker: watches a TLS connection that is not ours, both sides, without a key. Sans-io, constant memory. Worker thread.
 *
 * Up to TLS 1.2 (RFC 5246 §7.3) all but Finished is in clear, and ChangeCipherSpec says where encryption starts:
 *
 *     client  ClientHello ───────────────────────── ClientKeyExchange CCS {Finished} ────────────── [data]
 *     server              ServerHello Certificate … Done                             CCS {Finished} [data]
 *
 * In TLS 1.3 (RFC 8446 §2) all behind ServerHello is application data by type, and CCS means nothing (§D.4). What a record
 * is follows from its length: Finished is one hash long, an alert two octets.
 * All of it is inferred, and an error of inference costs a wrong label, never a byte.
 *
 *     client  ClientHello ─────────────────────────────────────── (CCS) {Finished: 53 or 69} [data]
 *     server              ServerHello (CCS) {EncryptedExtensions … Finished}                        [tickets, data]
 */

import { CLIENT_HELLO_BYTES, SERVER_HELLO_BYTES } from '../../../shared/limits/tls.ts'
import { CLIENT, ORIGIN, type Side } from '../../../shared/side.ts'
import { CLIENT_HELLO_VIOLATIONS } from '../../../shared/violations/client-hello.ts'
import { TLS_RECORD_VIOLATIONS } from '../../../shared/violations/tls-record.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import { decodeClientHello } from '../hello/client-hello-decoder.ts'
import { decodeServerHello, isTls13 } from '../hello/server-hello.ts'
import { CLOSE_NOTIFY, USER_CANCELED } from './alert.ts'
import { HandshakeFacts } from './handshake-facts.ts'
import {
  ALERT,
  APPLICATION_DATA,
  CERTIFICATE,
  CHANGE_CIPHER_SPEC,
  CLIENT_HELLO,
  HANDSHAKE,
  SERVER_HELLO,
  SERVER_HELLO_DONE,
} from './record.ts'
import { RecordDirection, type RecordSink } from './record-direction.ts'
import type { RecordHandler } from './record-handler.ts'

const ALERT_BYTES = 2
/** A client's answer where it has no certificate (RFC 8446 §4.4.2): header, empty context, empty list. */
const EMPTY_CERTIFICATE_BYTES = 4 + 1 + 3
const WARNING = 1

/** TLS_AES_256_GCM_SHA384: the one suite of TLS 1.3 whose hash has 48 octets; TLS_AES_128_CCM_8_SHA256: the one with a short tag. */
const AES_256_GCM_SHA384 = 0x1302
const AES_128_CCM_8_SHA256 = 0x1305

export class RecordTracker implements RecordSink {
  readonly facts = new HandshakeFacts()
  readonly #handler: RecordHandler
  readonly #directions: readonly [RecordDirection, RecordDirection]

  constructor(handler: RecordHandler) {
    this.#handler = handler
    this.#directions = [new RecordDirection(CLIENT, this), new RecordDirection(ORIGIN, this)]
  }

  /** Takes the next bytes that `side` has sent. */
  execute(side: Side, bytes: Uint8Array): void {
    this.#directions[side].execute(bytes)
  }

  onRecord(side: Side, type: number, length: number): boolean {
    const { facts } = this
    switch (type) {
      case CHANGE_CIPHER_SPEC:
        this.#changeCipherSpec(side)
        return false
      case HANDSHAKE:
        // In TLS 1.3 encrypted messages have another type; what has this one is a second ClientHello.
        if (!facts.encrypted[side] || this.#isTls13()) return true
        facts.finished[side] = true
        return false
      case ALERT:
        // TLS 1.3 has encrypted alerts in records of application data; those of the type itself are in clear (§6).
        if (facts.encrypted[side] && !this.#isTls13()) {
          facts.encryptedAlert[side] = true
          return false
        }
        if (length > 0) facts.clearAlert[side] = true
        return true
      case APPLICATION_DATA:
        if (!facts.applicationData[side]) this.#applicationRecord(side, length)
        return false
      default:
        return false
    }
  }

  onMessageStart(side: Side, type: number, length: number): boolean {
    const { facts } = this
    this.#handler.onHandshakeMessage(side, type)
    if (side === CLIENT && type === CLIENT_HELLO) {
      facts.clientHelloSeen = true
      return this.#fits(side, length, CLIENT_HELLO_BYTES, CLIENT_HELLO_VIOLATIONS.client_hello_too_long)
    }
    if (side === ORIGIN && type === SERVER_HELLO) {
      facts.serverHelloSeen = true
      return this.#fits(side, length, SERVER_HELLO_BYTES, TLS_RECORD_VIOLATIONS.tls_record_server_hello_too_long)
    }
    if (side === ORIGIN && type === CERTIFICATE) facts.certificateSeen = true
    if (side === ORIGIN && type === SERVER_HELLO_DONE) facts.serverHelloDone = true
    if (side === CLIENT && type !== CLIENT_HELLO) facts.clientKeysSent = true
    return false
  }

  onMessageBody(side: Side, _type: number, bytes: Uint8Array, start: number, end: number): void {
    if (side === CLIENT) this.#clientHello(bytes, start, end)
    else this.#serverHello(bytes, start, end)
  }

  onPlaintextAlert(side: Side, level: number, description: number): void {
    // RFC 8446 §6: the level means nothing any more; before, a warning was no end.
    const saysWhy = description !== CLOSE_NOTIFY && description !== USER_CANCELED
    if (saysWhy && (level !== WARNING || this.#isTls13())) this.facts.fatalAlert[side] = description
    this.#handler.onAlert(side, level, description)
  }

  onSsl2Hello(side: Side): void {
    this.facts.clientHelloSeen = true
    this.#handler.onHandshakeMessage(side, CLIENT_HELLO)
    this.#handler.onViolation(side, CLIENT_HELLO_VIOLATIONS.client_hello_ssl2)
  }

  onForeign(side: Side, text: boolean): void {
    // An answer that is not TLS, to a hello that was: the connection was TLS, and somebody broke it.
    if (this.facts.clientHelloSeen) {
      if (side === ORIGIN) this.facts.foreignAnswer = text ? 'text' : 'other'
      this.onBroken(side, TLS_RECORD_VIOLATIONS.tls_record_type)
      return
    }
    this.#stop()
    this.facts.notTls = true
    this.#handler.onNotTls(side, text)
  }

  onBroken(side: Side, violation: Violation): void {
    this.#stop()
    this.facts.opaque = true
    this.#handler.onViolation(side, violation)
  }

  #clientHello(bytes: Uint8Array, start: number, end: number): void {
    const hello = decodeClientHello(bytes, start, end)
    if ('code' in hello) {
      this.#handler.onViolation(CLIENT, hello)
      return
    }
    this.facts.clientHello ??= hello
    this.#handler.onClientHello(hello)
  }

  #serverHello(bytes: Uint8Array, start: number, end: number): void {
    const { facts } = this
    const hello = decodeServerHello(bytes, start, end)
    if ('code' in hello) {
      this.#handler.onViolation(ORIGIN, hello)
      return
    }
    facts.serverHello = hello
    if (hello.retryRequest) facts.retried = true
    if (hello.pskAccepted) facts.resumed = true
    this.#handler.onServerHello(hello)
  }

  #changeCipherSpec(side: Side): void {
    const { facts } = this
    // One that comes before the answer is of TLS 1.3 with early data, where it means nothing (RFC 8446 §D.4).
    if (this.#isTls13() || !facts.serverHelloSeen) return
    // RFC 5246 §7.3, figure 2: the abbreviated handshake goes from ServerHello straight to ChangeCipherSpec.
    if (side === ORIGIN && !facts.certificateSeen && !facts.encrypted[CLIENT]) facts.resumed = true
    this.#encrypted(side)
  }

  #encrypted(side: Side): void {
    if (this.facts.encrypted[side]) return
    this.facts.encrypted[side] = true
    this.#handler.onEncrypted(side)
  }

  /** An application data record before the first known one of this side. */
  #applicationRecord(side: Side, length: number): void {
    const { facts } = this
    // Early data, before the server has answered: the client's choice, and no sign of how the handshake ends.
    if (side === CLIENT && facts.clientHello?.earlyDataOffered && (facts.serverHello?.retryRequest ?? true)) return
    this.#encrypted(side)
    if (!this.#isTls13()) this.#firstData(side)
    else if (side === ORIGIN) this.#originRecord13(length)
    else this.#clientRecord13(length)
  }

  #originRecord13(length: number): void {
    const { facts } = this
    if (length === this.#sealed(ALERT_BYTES)) facts.encryptedAlert[ORIGIN] = true
    // The server's flight is whole before the client's can begin; what comes after that is tickets and data.
    else if (facts.clientFlight) {
      facts.finished[CLIENT] = facts.finished[ORIGIN] = true
      this.#firstData(ORIGIN)
    }
  }

  #clientRecord13(length: number): void {
    const { facts } = this
    if (length === this.#sealed(this.#finishedBytes()) && !facts.finished[CLIENT]) {
      facts.clientFlight = facts.finished[CLIENT] = facts.finished[ORIGIN] = true
    } else if (facts.clientHello?.earlyDataOffered && !facts.finished[CLIENT]) {
      // Early data that the server has yet to see: of any length.
    } else if (facts.finished[CLIENT]) {
      if (length === this.#sealed(ALERT_BYTES)) facts.encryptedAlert[CLIENT] = true
      else this.#firstData(CLIENT)
    } else if (length < this.#sealed(this.#finishedBytes()) && length !== this.#sealed(EMPTY_CERTIFICATE_BYTES)) {
      // Nothing else that a client may send here is shorter than Finished. Java pads its alerts.
      facts.encryptedAlert[CLIENT] = true
    } else {
      // A certificate of the client, with or without its Finished in the same record.
      facts.clientFlight = true
    }
  }

  #firstData(side: Side): void {
    this.facts.applicationData[side] = true
    this.#handler.onApplicationData(side)
  }

  #isTls13(): boolean {
    const { serverHello } = this.facts
    return serverHello !== undefined && isTls13(serverHello.version)
  }

  /** RFC 8446 §4.4.4: one hash, behind a header of four octets. */
  #finishedBytes(): number {
    return this.facts.serverHello?.cipherSuite === AES_256_GCM_SHA384 ? 52 : 36
  }

  /** Octets of a record with `plain` octets in it: the content type and the tag behind (RFC 8446 §5.2), no padding. */
  #sealed(plain: number): number {
    return plain + 1 + (this.facts.serverHello?.cipherSuite === AES_128_CCM_8_SHA256 ? 8 : 16)
  }

  #fits(side: Side, length: number, limit: number, violation: Violation): boolean {
    if (length <= limit) return true
    this.#handler.onViolation(side, violation)
    return false
  }

  #stop(): void {
    this.#directions[CLIENT].stop()
    this.#directions[ORIGIN].stop()
  }
}
