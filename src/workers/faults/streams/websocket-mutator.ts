/**
 * WebSocketMutator: what a fault does to message N of one side of a WebSocket connection. Frames pass as they come, but for their
 * heads, which are whole when they go; control frames between the fragments of a message are never touched. Pure. Worker thread.
 * RFC 6455 §5, RFC 7692 §7.
 *
 * With context takeover a compressed message is part of what the next is told apart by: dropped or doubled, it would break the
 * messages behind it and not itself. Such a message passes, and the fault says so.
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import type { FaultOf } from '../../../shared/faults/schema/fault-schema.ts'
import { HELD_MESSAGE_BYTES } from '../../../shared/limits/faults.ts'
import { CLIENT, type Side } from '../../../shared/side.ts'
import type { BodyMutator, MutationSink } from '../../layers/http/body-mutator.ts'
import type { WebSocketExtensions } from '../../layers/websocket/extensions.ts'
import { FrameParser, type FrameSink } from '../../layers/websocket/frame-parser.ts'
import { isControl, OPCODE } from '../../layers/websocket/opcodes.ts'
import { closeFrame, malformedHead } from './websocket-frames.ts'

type Options = Pick<FaultOf<'websocket'>, 'message' | 'action' | 'code' | 'reason' | 'ms' | 'defect'>

/** Two octets, eight of length, four of a mask. */
const HEAD_BYTES = 14
/** RSV1: the message is compressed (RFC 7692 §6). */
const COMPRESSED = 4

/** What becomes of a frame. */
const PASS = 0
const DROP = 1
const COPY = 2

export class WebSocketMutator implements BodyMutator, FrameSink {
  readonly #options: Options
  readonly #side: Side
  readonly #extensions: WebSocketExtensions
  readonly #maskKey: Uint8Array
  readonly #parser = new FrameParser(this)
  readonly #head = new Uint8Array(HEAD_BYTES)
  readonly #copy = new BoundedBytes(HELD_MESSAGE_BYTES)
  #headBytes = 0
  #isHeadRead = false
  #isFrameEnd = false
  #number = -1
  #frame = PASS
  /** Of the message in hand, while the fault acts on it. */
  #message = PASS
  /** All has been done: octets pass unread. */
  #isOver = false

  /** `maskKey`: what a frame of ours is masked with where `side` is the client. */
  constructor(options: Options, side: Side, extensions: WebSocketExtensions, maskKey: Uint8Array) {
    this.#options = options
    this.#side = side
    this.#extensions = extensions
    this.#maskKey = maskKey
  }

  execute(bytes: Uint8Array, out: MutationSink): void {
    let at = 0
    while (at < bytes.length && !this.#isOver) {
      const start = at
      const inHead = !this.#isHeadRead
      at = inHead ? at + 1 : Math.min(bytes.length, at + this.#parser.size - this.#parser.seen)
      const span = bytes.subarray(start, at)
      if (inHead) this.#head[this.#headBytes++] = span[0] as number
      const violation = this.#parser.execute(span)
      if (violation !== undefined) this.#giveUp(violation.code, out)
      else if (!inHead) this.#send(span, out)
      else if (this.#isHeadRead) this.#onHead(out)
      if (this.#isFrameEnd) this.#endFrame(out)
    }
    out.write(bytes.subarray(at))
  }

  finish(out: MutationSink): void {
    if (!this.#isOver && !this.#isHeadRead) out.write(this.#takeHead())
  }

  onFrameHead(): undefined {
    this.#isHeadRead = true
  }

  onFramePayload(): undefined {}

  onFrameEnd(): undefined {
    this.#isFrameEnd = true
  }

  #onHead(out: MutationSink): void {
    const { opcode } = this.#parser
    if (!isControl(opcode) && opcode !== OPCODE.continuation && ++this.#number === this.#options.message) {
      this.#act(out)
      if (this.#isOver) return
    }
    this.#frame = isControl(opcode) ? PASS : this.#message
    this.#send(this.#takeHead(), out)
  }

  /** The head of message N has come, and has not gone. */
  #act(out: MutationSink): void {
    const { action, code, reason, ms, defect, message } = this.#options
    const obstacle = action === 'drop' || action === 'duplicate' ? this.#obstacle() : undefined
    if (obstacle !== undefined) {
      this.#tell(out, { not_applicable: obstacle })
      this.#pass(this.#takeHead(), out)
      return
    }
    switch (action) {
      case 'drop':
        this.#message = DROP
        this.#tell(out, { action })
        return
      case 'duplicate':
        this.#message = COPY
        return
      case 'close':
        this.#tell(out, { action, code, reason })
        this.#isOver = true
        out.write(closeFrame(code, reason, this.#side === CLIENT ? this.#maskKey : undefined))
        out.end()
        return
      case 'delay':
        out.injected(message, 'message', { action, ms })
        out.delay(ms)
        this.#pass(this.#takeHead(), out)
        return
      case 'malformed':
        this.#tell(out, { action, defect })
        this.#pass(malformedHead(this.#takeHead(), defect), out)
    }
  }

  /** Why a whole message can neither go nor come twice. */
  #obstacle(): string | undefined {
    const { deflate, unknown } = this.#extensions
    if (unknown) return 'an extension that is not known'
    const isCompressed = (this.#parser.reserved & COMPRESSED) !== 0
    return isCompressed && deflate?.noContextTakeover[this.#side] === false ? 'compressed with context takeover' : undefined
  }

  #endFrame(out: MutationSink): void {
    this.#isFrameEnd = this.#isHeadRead = false
    if (this.#isOver || this.#frame === PASS || !this.#parser.fin) return
    if (this.#frame === COPY) {
      this.#tell(out, { action: 'duplicate' })
      out.write(Uint8Array.from(this.#copy.view()))
      this.#copy.clear()
    }
    this.#isOver = true
  }

  #send(octets: Uint8Array, out: MutationSink): void {
    if (this.#frame === DROP) return
    out.write(octets)
    if (this.#frame !== COPY) return
    this.#copy.append(octets, 0, octets.length)
    if (!this.#copy.overflow) return
    this.#tell(out, { not_applicable: 'longer than can be held' })
    this.#copy.clear()
    this.#isOver = true
  }

  /** What follows `head` is no longer looked at. */
  #pass(head: Uint8Array, out: MutationSink): void {
    this.#isOver = true
    out.write(head)
  }

  /** It is no WebSocket any more: nothing is done to it. */
  #giveUp(code: string, out: MutationSink): void {
    this.#tell(out, { not_applicable: code })
    this.#pass(this.#takeHead(), out)
  }

  #takeHead(): Uint8Array {
    const head = this.#head.slice(0, this.#headBytes)
    this.#headBytes = 0
    return head
  }

  #tell(out: MutationSink, applied: object): void {
    out.injected(this.#options.message, 'message', applied)
  }
}
