/**
 * GrpcMutator: what a fault does to message N of one side of a call: gRPC, gRPC-Web, Connect streams. Messages pass as they come, but
 * for their heads of five octets, which are whole when they go. Pure. Worker thread. gRPC PROTOCOL-HTTP2, PROTOCOL-WEB.
 */

import { BoundedBytes } from '../../../shared/bytes/bounded-bytes.ts'
import type { FaultOf } from '../../../shared/faults/schema/fault-schema.ts'
import { HELD_MESSAGE_BYTES } from '../../../shared/limits/faults.ts'
import { ENVELOPE_HEAD_BYTES } from '../../layers/grpc/envelope-parser.ts'
import { COMPRESSED } from '../../layers/grpc/grpc-protocol.ts'
import type { BodyMutator, MutationSink } from '../../layers/http/body-mutator.ts'
import { type EnvelopedVariant, endWithStatus, isTrailerFrame } from './grpc-status.ts'

type Options = Pick<FaultOf<'grpc_message'>, 'message' | 'action' | 'ms' | 'status' | 'message_text'>

/** What becomes of the message in hand. */
const PASS = 0
const DROP = 1
const COPY = 2
const TRUNCATE = 3

export class GrpcMutator implements BodyMutator {
  readonly #options: Options
  readonly #variant: EnvelopedVariant
  readonly #head = new Uint8Array(ENVELOPE_HEAD_BYTES)
  readonly #copy = new BoundedBytes(HELD_MESSAGE_BYTES)
  #headBytes = 0
  /** Octets of the message still to come, and of a truncated one still to go. */
  #left = 0
  #room = 0
  #number = -1
  #mode = PASS
  #isOver = false

  constructor(options: Options, variant: EnvelopedVariant) {
    this.#options = options
    this.#variant = variant
  }

  execute(bytes: Uint8Array, out: MutationSink): void {
    let at = 0
    while (at < bytes.length && !this.#isOver) {
      if (this.#headBytes < ENVELOPE_HEAD_BYTES) {
        this.#head[this.#headBytes++] = bytes[at++] as number
        if (this.#headBytes === ENVELOPE_HEAD_BYTES) this.#onHead(out)
      } else {
        const end = Math.min(bytes.length, at + this.#left)
        this.#left -= end - at
        this.#send(bytes.subarray(at, end), out)
        at = end
      }
      if (this.#headBytes === ENVELOPE_HEAD_BYTES && this.#left === 0) this.#endMessage(out)
    }
    out.write(bytes.subarray(at))
  }

  finish(out: MutationSink): void {
    if (!this.#isOver && this.#headBytes < ENVELOPE_HEAD_BYTES) out.write(this.#head.slice(0, this.#headBytes))
  }

  #onHead(out: MutationSink): void {
    const [flags = 0, a = 0, b = 0, c = 0, d = 0] = this.#head
    this.#left = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0
    if (!isTrailerFrame(this.#variant, flags) && ++this.#number === this.#options.message) this.#act(out)
    if (!this.#isOver) this.#send(this.#head.slice(), out)
  }

  /** The head of message N has come, and has not gone. */
  #act(out: MutationSink): void {
    const { action, ms, status, message_text } = this.#options
    switch (action) {
      case 'drop':
        this.#mode = DROP
        this.#tell(out, { action })
        return
      case 'duplicate':
        this.#duplicate(out)
        return
      case 'truncate':
        this.#mode = TRUNCATE
        this.#room = (ENVELOPE_HEAD_BYTES + this.#left) >>> 1
        this.#tell(out, { action, bytes: this.#room })
        return
      case 'delay':
        this.#tell(out, { action, ms })
        out.delay(ms)
        this.#pass(this.#head.slice(), out)
        return
      case 'malformed':
        // Tells a compressed message for a plain one, or a plain one for a compressed one, which receivers must refuse where no coding
        // was agreed (gRPC compression.md). Flags that nobody has defined would be wrong as well, but grpc-js takes no notice of them.
        this.#head[0] = (this.#head[0] ?? 0) ^ COMPRESSED
        this.#tell(out, { action, flags: this.#head[0] })
        this.#pass(this.#head.slice(), out)
        return
      case 'status':
        this.#isOver = true
        this.#tell(out, { action, status })
        endWithStatus(this.#variant, status, message_text, out)
    }
  }

  #duplicate(out: MutationSink): void {
    if (ENVELOPE_HEAD_BYTES + this.#left > HELD_MESSAGE_BYTES) {
      this.#tell(out, { not_applicable: 'longer than can be held' })
      this.#pass(this.#head.slice(), out)
      return
    }
    this.#mode = COPY
  }

  #send(octets: Uint8Array, out: MutationSink): void {
    switch (this.#mode) {
      case DROP:
        return
      case TRUNCATE:
        out.write(octets.subarray(0, this.#room))
        if (octets.length < this.#room) {
          this.#room -= octets.length
          return
        }
        this.#isOver = true
        out.end()
        return
      case COPY:
        this.#copy.append(octets, 0, octets.length)
    }
    out.write(octets)
  }

  #endMessage(out: MutationSink): void {
    this.#headBytes = 0
    if (this.#mode === PASS) return
    this.#isOver = true
    if (this.#mode !== COPY) return
    this.#tell(out, { action: 'duplicate' })
    out.write(Uint8Array.from(this.#copy.view()))
    this.#copy.clear()
  }

  /** What follows `head` is no longer looked at. */
  #pass(head: Uint8Array, out: MutationSink): void {
    this.#isOver = true
    out.write(head)
  }

  #tell(out: MutationSink, applied: object): void {
    out.injected(this.#options.message, 'message', applied)
  }
}
