/**
 * MessageAssembler: the messages of one side, made of its frames (RFC 6455 §5.4–§5.6, §7, §8.1). Pure. Worker thread.
 *
 * Payload octets are looked at only where somebody asked (capture), where the rules do (text is UTF-8, close codes), or where
 * they must be inflated; else they are counted and passed by.
 */

import { isUtf8 } from 'node:buffer'
import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import { COMPRESSED_MESSAGE_BYTES, CONTROL_PAYLOAD_BYTES, UNMASK_SCRATCH_BYTES } from '../../../shared/limits/layers/websocket.ts'
import { CLIENT, type Side } from '../../../shared/side.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import { WEBSOCKET_VIOLATIONS } from '../../../shared/violations/websocket.ts'
import type { WebSocketExtensions } from './extensions.ts'
import type { FrameParser, FrameSink } from './frame-parser.ts'
import { DEFLATE_TAIL, MessageInflater } from './message-inflater.ts'
import { isControl, OPCODE } from './opcodes.ts'
import { UnmaskTarget, unmask } from './unmask.ts'
import { Utf8Validator } from './utf8-validator.ts'
import type { WebSocketHandler } from './websocket-handler.ts'
import { WebSocketMessage } from './websocket-message.ts'

const RSV1 = 4
/** Close code where the frame carries none (RFC 6455 §7.1.5). */
const NO_STATUS = 1005

/** One for the thread: unmasked octets are used before the call that made them returns. */
const scratch = new UnmaskTarget(UNMASK_SCRATCH_BYTES)

export class MessageAssembler implements FrameSink {
  /** A close frame of this side has been read. */
  closed = false
  readonly #side: Side
  readonly #handler: WebSocketHandler
  readonly #extensions: WebSocketExtensions
  readonly #inflater: MessageInflater | undefined
  readonly #captureBytes: number
  readonly #message = new WebSocketMessage()
  readonly #utf8 = new Utf8Validator()
  readonly #captured: BoundedBytes
  readonly #compressed: BoundedBytes
  readonly #control = new BoundedBytes(CONTROL_PAYLOAD_BYTES)
  /** A message has begun and not ended. */
  #open = false
  #validate = false

  constructor(side: Side, handler: WebSocketHandler, extensions: WebSocketExtensions, captureBytes: number) {
    this.#side = side
    this.#handler = handler
    this.#extensions = extensions
    this.#captureBytes = captureBytes
    this.#captured = new BoundedBytes(captureBytes)
    this.#compressed = new BoundedBytes(COMPRESSED_MESSAGE_BYTES + DEFLATE_TAIL.length)
    const deflate = extensions.deflate
    this.#inflater =
      deflate !== undefined && captureBytes > 0
        ? new MessageInflater(deflate.noContextTakeover[side], deflate.maxWindowBits[side])
        : undefined
  }

  /** Between two messages. */
  get idle(): boolean {
    return !this.#open
  }

  onFrameHead(frame: FrameParser): Violation | undefined {
    const violation = this.#checkHead(frame)
    if (violation !== undefined) return violation
    this.#handler.onFrame(this.#side, frame.opcode, frame.fin, (frame.reserved & RSV1) !== 0, frame.size)
    if (isControl(frame.opcode)) {
      this.#control.clear()
    } else {
      if (frame.opcode !== OPCODE.continuation) this.#begin(frame)
      this.#message.frames++
      this.#message.wireSize += frame.size
    }
    return undefined
  }

  onFramePayload(frame: FrameParser, bytes: Uint8Array, start: number, end: number): Violation | undefined {
    if (!this.#wants(frame.opcode)) return undefined
    if (!frame.masked) return this.#consume(frame.opcode, bytes, start, end)
    for (let at = start; at < end; at += UNMASK_SCRATCH_BYTES) {
      const stop = Math.min(end, at + UNMASK_SCRATCH_BYTES)
      const count = unmask(scratch, bytes, at, stop, frame.maskKey, (frame.seen + at - start) & 3)
      const violation = this.#consume(frame.opcode, scratch.bytes, 0, count)
      if (violation !== undefined) return violation
    }
    return undefined
  }

  onFrameEnd(frame: FrameParser): Violation | undefined {
    if (frame.opcode === OPCODE.close) return this.#close()
    if (isControl(frame.opcode) || !frame.fin) return undefined
    return this.#end()
  }

  #checkHead(frame: FrameParser): Violation | undefined {
    const opcode = frame.opcode
    const control = isControl(opcode)
    // Data frames alone are forbidden (RFC 6455 §5.5.1); some peers answer the answer to their close frame once more.
    if (this.closed && !control) return WEBSOCKET_VIOLATIONS.websocket_frame_after_close
    if (opcode > OPCODE.pong || (opcode > OPCODE.binary && opcode < OPCODE.close)) return WEBSOCKET_VIOLATIONS.websocket_reserved_opcode
    if (frame.masked !== (this.#side === CLIENT)) {
      return this.#side === CLIENT ? WEBSOCKET_VIOLATIONS.websocket_client_unmasked : WEBSOCKET_VIOLATIONS.websocket_origin_masked
    }
    if (frame.reserved !== 0 && !this.#extensions.unknown) {
      if (frame.reserved !== RSV1 || this.#extensions.deflate === undefined) return WEBSOCKET_VIOLATIONS.websocket_reserved_bits
      if (control) return WEBSOCKET_VIOLATIONS.websocket_compressed_control
      if (opcode === OPCODE.continuation) return WEBSOCKET_VIOLATIONS.websocket_compressed_continuation
    }
    if (control) {
      if (!frame.fin) return WEBSOCKET_VIOLATIONS.websocket_control_fragmented
      return frame.size > CONTROL_PAYLOAD_BYTES ? WEBSOCKET_VIOLATIONS.websocket_control_too_long : undefined
    }
    if (opcode === OPCODE.continuation) return this.#open ? undefined : WEBSOCKET_VIOLATIONS.websocket_continuation_unexpected
    return this.#open ? WEBSOCKET_VIOLATIONS.websocket_continuation_missing : undefined
  }

  #begin(frame: FrameParser): void {
    const message = this.#message
    message.opcode = frame.opcode
    message.compressed = (frame.reserved & RSV1) !== 0 && this.#extensions.deflate !== undefined
    message.frames = 0
    message.wireSize = 0
    message.failure = ''
    this.#open = true
    // With an unknown extension in use the payload may be anything; what is compressed is validated once inflated.
    this.#validate = frame.opcode === OPCODE.text && !message.compressed && !this.#extensions.unknown
    this.#utf8.reset()
  }

  /** Whether anybody will look at further payload octets of the frame in hand. */
  #wants(opcode: number): boolean {
    if (isControl(opcode)) return opcode === OPCODE.close
    if (this.#message.compressed) return this.#inflater !== undefined && !this.#inflater.lost
    return this.#validate || this.#captured.length < this.#captureBytes
  }

  #consume(opcode: number, bytes: Uint8Array, start: number, end: number): Violation | undefined {
    if (opcode === OPCODE.close) {
      this.#control.append(bytes, start, end)
    } else if (this.#message.compressed) {
      this.#compressed.append(bytes, start, end)
    } else {
      if (this.#validate && !this.#utf8.write(bytes, start, end)) return WEBSOCKET_VIOLATIONS.websocket_text_not_utf8
      if (this.#captureBytes > 0) this.#captured.append(bytes, start, end)
    }
    return undefined
  }

  #end(): Violation | undefined {
    const message = this.#message
    if (this.#validate && !this.#utf8.finish()) return WEBSOCKET_VIOLATIONS.websocket_text_not_utf8
    message.bytes = this.#captured.bytes
    message.length = this.#captured.length
    message.size = message.wireSize
    if (message.compressed) {
      const violation = this.#inflate()
      if (violation !== undefined) return violation
    }
    this.#open = false
    this.#handler.onMessage(this.#side, message)
    message.index++
    this.#captured.clear()
    this.#compressed.clear()
    return undefined
  }

  #inflate(): Violation | undefined {
    const message = this.#message
    message.size = -1
    message.length = 0
    if (this.#inflater === undefined) return undefined
    if (!this.#inflater.lost && this.#compressed.size > COMPRESSED_MESSAGE_BYTES) this.#inflater.skip()
    else {
      this.#compressed.append(DEFLATE_TAIL, 0, DEFLATE_TAIL.length)
      const payload = this.#inflater.inflate(this.#compressed.view())
      if (payload !== undefined) {
        if (message.opcode === OPCODE.text && !this.#extensions.unknown && !isUtf8(payload)) {
          return WEBSOCKET_VIOLATIONS.websocket_text_not_utf8
        }
        message.size = payload.length
        message.bytes = payload
        message.length = Math.min(payload.length, this.#captureBytes)
      }
    }
    message.failure = this.#inflater.failure
    return undefined
  }

  #close(): Violation | undefined {
    const payload = this.#control.view()
    if (payload.length === 1) return WEBSOCKET_VIOLATIONS.websocket_close_payload
    const reason = payload.subarray(2)
    const code = payload.length === 0 ? NO_STATUS : ((payload[0] as number) << 8) | (payload[1] as number)
    if (payload.length > 0 && !isSendable(code)) return WEBSOCKET_VIOLATIONS.websocket_close_code
    if (!isUtf8(reason)) return WEBSOCKET_VIOLATIONS.websocket_close_payload
    this.closed = true
    this.#handler.onClose(this.#side, code, reason)
    return undefined
  }
}

/** Codes that an endpoint may send (RFC 6455 §7.4.1 and the IANA registry: 1012–1014); 1004–1006 and 1015 only describe. */
function isSendable(code: number): boolean {
  if (code >= 3000) return code <= 4999
  return code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006
}
