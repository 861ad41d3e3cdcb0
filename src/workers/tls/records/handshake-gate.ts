/**
 * HandshakeGate: stands in a TLS connection until its handshake reaches a stage, and lets nothing of that stage pass. Pure: octets of
 * both sides in, those that may pass out. Worker thread.
 *
 * Records pass whole: one is held until it is complete and known, so that the stage's own record stays behind (16 KB at most per side).
 *
 *     stage                 the record that does not pass any more
 *     client_hello          the client's, that holds the ClientHello
 *     certificate           the server's, that holds the Certificate (TLS 1.3: its first that is encrypted)
 *     before_finished       the client's, that holds Finished (up to TLS 1.2 the ChangeCipherSpec before it)
 *     application_data      the client's first with data
 *
 * What is not TLS, or breaks its framing, passes: there is no handshake in it.
 */

import type { TlsStage } from '../../../shared/faults/schema/tls-fault-schema.ts'
import { TLS_CIPHERTEXT_BYTES } from '../../../shared/limits/tls.ts'
import { CLIENT, ORIGIN, type Side } from '../../../shared/side.ts'
import { CHANGE_CIPHER_SPEC, isRecordType, RECORD_HEADER_BYTES, RECORD_MAJOR } from './record.ts'
import { RecordTracker } from './record-tracker.ts'

const NOTHING = Buffer.alloc(0)

export class HandshakeGate {
  readonly #stage: TlsStage
  readonly #tracker: RecordTracker
  readonly #held: [Buffer, Buffer] = [NOTHING, NOTHING]
  /** Octets that have passed, of both sides. */
  position = 0
  /** The stage has been reached: nothing passes any more. */
  isReached = false
  /** There is no handshake, or it took another way: everything passes. */
  isOpen = false
  #sawClientHello = false

  constructor(stage: TlsStage) {
    this.#stage = stage
    this.#tracker = new RecordTracker({
      ...SILENT,
      onHandshakeMessage: (side) => {
        if (side === CLIENT) this.#sawClientHello = true
      },
      onNotTls: () => this.#open(),
    })
  }

  /** The octets that may pass of what `side` has sent, with those held before. */
  execute(side: Side, bytes: Buffer): Buffer {
    if (this.isReached) return NOTHING
    if (this.isOpen) return this.#pass(bytes)
    const held = this.#held[side]
    const all = held.length === 0 ? bytes : Buffer.concat([held, bytes])
    let end = 0
    while (!this.isReached && !this.isOpen) {
      const length = recordBytes(all, end)
      if (length === NEED_MORE) break
      if (length === NO_RECORD) {
        this.#open()
        break
      }
      const record = all.subarray(end, end + length)
      this.isReached = this.#reaches(side, record)
      if (!this.isReached) end += length
    }
    if (this.isOpen) {
      this.#held[side] = NOTHING
      return this.#pass(all)
    }
    // A copy: the chunk's memory is the socket's.
    this.#held[side] = this.isReached ? NOTHING : Buffer.from(all.subarray(end))
    return this.#pass(all.subarray(0, end))
  }

  /** What is held of `side`, which has ended in the middle of a record. */
  release(side: Side): Buffer {
    const held = this.#held[side]
    this.#held[side] = NOTHING
    return this.#pass(held)
  }

  #pass(bytes: Buffer): Buffer {
    this.position += bytes.length
    return bytes
  }

  /** Whether `record`, which is complete, is the one that must not pass. */
  #reaches(side: Side, record: Buffer): boolean {
    const { facts } = this.#tracker
    const hadCertificate = facts.certificateSeen
    this.#tracker.execute(side, record)
    switch (this.#stage) {
      case 'client_hello':
        return side === CLIENT && this.#sawClientHello
      case 'certificate':
        return side === ORIGIN && ((!hadCertificate && facts.certificateSeen) || facts.encrypted[ORIGIN])
      case 'before_finished':
        return side === CLIENT && facts.serverHelloSeen && (facts.encrypted[CLIENT] || this.#isLateCipherChange(record))
      case 'application_data':
        return side === CLIENT && facts.applicationData[CLIENT]
    }
  }

  /** Of TLS 1.3 as well (RFC 8446 §D.4), where it means nothing and precedes the client's last flight. */
  #isLateCipherChange(record: Buffer): boolean {
    return record[0] === CHANGE_CIPHER_SPEC && this.#tracker.facts.serverHello?.retryRequest !== true
  }

  #open(): void {
    this.isOpen = true
  }
}

const NEED_MORE = -1
const NO_RECORD = 0

/** Octets of the record at `at`, its header included. */
function recordBytes(bytes: Buffer, at: number): number {
  const left = bytes.length - at
  if (left > 0 && !isRecordType(bytes[at] as number)) return NO_RECORD
  if (left > 1 && bytes[at + 1] !== RECORD_MAJOR) return NO_RECORD
  if (left < RECORD_HEADER_BYTES) return NEED_MORE
  const length = bytes.readUInt16BE(at + RECORD_HEADER_BYTES - 2)
  if (length > TLS_CIPHERTEXT_BYTES) return NO_RECORD
  return left < RECORD_HEADER_BYTES + length ? NEED_MORE : RECORD_HEADER_BYTES + length
}

function ignore(): void {}

const SILENT = {
  onClientHello: ignore,
  onServerHello: ignore,
  onHandshakeMessage: ignore,
  onAlert: ignore,
  onEncrypted: ignore,
  onApplicationData: ignore,
  onNotTls: ignore,
  onViolation: ignore,
}
