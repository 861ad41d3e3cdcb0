/**
 * EnvelopeParser: length-prefixed messages of one side, in any split (gRPC PROTOCOL-HTTP2, *Length-Prefixed-Message*). Knows
 * envelopes, not what a flag means. Worker thread.
 *
 *     ┌───────┬─────────────────────┬──────────────┐
 *     │ flags │ length, 4 octets    │ message …    │
 *     └───────┴─────────────────────┴──────────────┘
 */

import type { Violation } from '../../../shared/violations/violation.ts'

/** Flags, and the length in four octets. */
export const ENVELOPE_HEAD_BYTES = 5

export interface EnvelopeSink {
  onEnvelopeHead(flags: number, length: number): Violation | undefined
  onEnvelopeOctets(bytes: Uint8Array): void
  onEnvelopeEnd(): Violation | undefined
}

export class EnvelopeParser {
  readonly #sink: EnvelopeSink
  #flags = 0
  #length = 0
  /** Octets of the head that have been read; 5: within the message. */
  #headBytes = 0
  #left = 0

  constructor(sink: EnvelopeSink) {
    this.#sink = sink
  }

  /** Between two messages. */
  get idle(): boolean {
    return this.#headBytes === 0
  }

  /** After a violation the parser must not be called again. */
  execute(bytes: Uint8Array): Violation | undefined {
    for (let at = 0; at < bytes.length; ) {
      if (this.#headBytes < ENVELOPE_HEAD_BYTES) {
        const octet = bytes[at++] as number
        if (this.#headBytes === 0) this.#flags = octet
        else this.#length = this.#length * 256 + octet
        if (++this.#headBytes < ENVELOPE_HEAD_BYTES) continue
        this.#left = this.#length
        const violation = this.#sink.onEnvelopeHead(this.#flags, this.#length)
        if (violation !== undefined) return violation
      } else {
        const count = Math.min(this.#left, bytes.length - at)
        this.#sink.onEnvelopeOctets(bytes.subarray(at, at + count))
        at += count
        this.#left -= count
      }
      if (this.#left > 0) continue
      this.#headBytes = this.#length = 0
      const violation = this.#sink.onEnvelopeEnd()
      if (violation !== undefined) return violation
    }
    return undefined
  }
}
