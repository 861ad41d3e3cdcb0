/**
 * GrpcDirection: the messages of one side of a call, from body octets. Worker thread.
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import { GRPC_MESSAGE_BYTES, GRPC_TRAILER_BYTES } from '../../../shared/limits/layers/grpc.ts'
import type { Side } from '../../../shared/side.ts'
import { GRPC_VIOLATIONS } from '../../../shared/violations/grpc.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import { Base64Decoder } from './base64-decoder.ts'
import { EnvelopeParser, type EnvelopeSink } from './envelope-parser.ts'
import type { GrpcHandler } from './grpc-handler.ts'
import { COMPRESSED, CONNECT_END, type GrpcVariant, WEB_TRAILERS } from './grpc-protocol.ts'
import { inflatedTrailer } from './inflated-trailer.ts'

export class GrpcDirection implements EnvelopeSink {
  messages = 0
  bytes = 0
  encoding = ''
  /** What came in the trailer frame, the end-of-stream message or a unary error of Connect, once that is complete. */
  trailer: Uint8Array | undefined = undefined
  /** It came in a coding that is not known: whether there is a status is not known either. */
  hasUnreadTrailer = false
  readonly #side: Side
  #variant: GrpcVariant
  readonly #handler: GrpcHandler
  readonly #parser = new EnvelopeParser(this)
  #base64: Base64Decoder | undefined
  readonly #trailer = new BoundedBytes(GRPC_TRAILER_BYTES)
  #flags = 0
  #size = 0
  /** A rule was broken, or the body is none of a call: nothing more is read. */
  #opaque = false
  #isError = false

  constructor(side: Side, variant: GrpcVariant, handler: GrpcHandler) {
    this.#side = side
    this.#variant = variant
    this.#handler = handler
    this.#base64 = variant === 'grpc-web-text' ? new Base64Decoder() : undefined
  }

  /** The form that a side has chosen of those that the other takes: text or binary. Before the first octet. */
  set variant(variant: GrpcVariant) {
    this.#variant = variant
    this.#base64 = variant === 'grpc-web-text' ? new Base64Decoder() : undefined
  }

  /** The body is something else, a page of a gateway for instance. Before the first octet. */
  ignore(): void {
    this.#opaque = true
  }

  /** Connect, unary: the body is an error instead of a message. Before the first octet. */
  expectError(): void {
    this.#isError = true
  }

  execute(bytes: Uint8Array): void {
    if (this.#opaque) return
    if (this.#isError) {
      this.#trailer.append(bytes, 0, bytes.length)
      return
    }
    if (this.#variant === 'connect-unary') {
      this.#size += bytes.length
      this.#handler.onMessageOctets(this.#side, bytes)
      return
    }
    const octets = this.#base64 === undefined ? bytes : this.#base64.execute(bytes)
    this.#judge(octets === undefined ? GRPC_VIOLATIONS.grpc_base64 : this.#parser.execute(octets))
  }

  /** The body has ended. */
  finish(): void {
    if (this.#opaque) return
    const isCoded = this.encoding !== '' && this.encoding !== 'identity'
    if (this.#isError) this.#takeTrailer(isCoded)
    else if (this.#variant === 'connect-unary') this.#tell(isCoded)
    else if (!this.#parser.idle || this.#base64?.idle === false) this.#judge(GRPC_VIOLATIONS.grpc_truncated)
  }

  onEnvelopeHead(flags: number, length: number): Violation | undefined {
    if (this.trailer !== undefined || this.hasUnreadTrailer) return GRPC_VIOLATIONS.grpc_after_trailers
    this.#flags = flags
    this.#size = length
    const known = COMPRESSED | (this.#variant === 'connect' ? CONNECT_END : this.#variant === 'grpc' ? 0 : WEB_TRAILERS)
    if ((flags & ~known) !== 0) return GRPC_VIOLATIONS.grpc_flag
    if ((flags & COMPRESSED) !== 0 && (this.encoding === '' || this.encoding === 'identity'))
      return GRPC_VIOLATIONS.grpc_compressed_without_encoding
    return length > GRPC_MESSAGE_BYTES ? GRPC_VIOLATIONS.grpc_message_too_long : undefined
  }

  onEnvelopeOctets(bytes: Uint8Array): void {
    if (this.#isTrailer) this.#trailer.append(bytes, 0, bytes.length)
    else this.#handler.onMessageOctets(this.#side, bytes)
  }

  onEnvelopeEnd(): Violation | undefined {
    const isCompressed = (this.#flags & COMPRESSED) !== 0
    if (this.#isTrailer) this.#takeTrailer(isCompressed)
    else this.#tell(isCompressed)
    return undefined
  }

  #takeTrailer(compressed: boolean): void {
    this.trailer = compressed ? inflatedTrailer(this.#trailer.view(), this.encoding) : this.#trailer.view()
    this.hasUnreadTrailer = this.trailer === undefined
  }

  get #isTrailer(): boolean {
    return (this.#flags & (CONNECT_END | WEB_TRAILERS)) !== 0
  }

  #tell(compressed: boolean): void {
    const message = { index: this.messages, size: this.#size, compressed, encoding: this.encoding }
    this.messages++
    this.bytes += this.#size
    this.#handler.onMessage(this.#side, message)
  }

  #judge(violation: Violation | undefined): void {
    if (violation === undefined) return
    this.#opaque = true
    this.#handler.onViolation(this.#side, violation)
  }
}
