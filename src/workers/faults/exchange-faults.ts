/**
 * ExchangeFaults: the faults that were drawn for one exchange, HTTP/1.1 or HTTP/2, and what they come to where each has its place:
 * verdicts on its heads, edits of its bodies. Worker thread.
 *
 *     request head    respond, grpc_status, h2_goaway          → a verdict: the origin is not asked
 *     request body    truncate_body (side: client), …          → a body edit
 *     response head   respond (instead_of: response), h2_reset (before_head), wrong_content_length, first_byte_delay
 *     response body   truncate_body, corrupt_gzip, malformed_chunk, h2_reset, …
 */

import { drawDelay } from '../../shared/faults/delay-distribution.ts'
import { isNotApplicable, type NotApplicable } from '../../shared/faults/not-applicable.ts'
import type { FaultOf } from '../../shared/faults/schema/fault-schema.ts'
import { ORIGIN, type Side } from '../../shared/side.ts'
import { grpcProtocol } from '../layers/grpc/grpc-protocol.ts'
import { takesTrailersOnly, trailersOnly } from '../layers/grpc/trailers-only.ts'
import type { BodyEdit, BodyMutator } from '../layers/http/body-mutator.ts'
import { withLength } from '../layers/http/edited-head.ts'
import type { HeadVerdict } from '../layers/http/http-handler.ts'
import type { MessageHead } from '../layers/http/message-head.ts'
import { parseExtensions } from '../layers/websocket/extensions.ts'
import type { ArmedFault } from './armed-fault.ts'
import { CLOSES_BEHIND } from './body-faults.ts'
import { bodyMutatorFor, type FaultedRequest } from './body-mutators.ts'
import type { FaultJudge } from './fault-judge.ts'
import { faultResponse } from './fault-response.ts'
import { FaultedBody, type TellInjected } from './faulted-body.ts'
import { webSocketMutatorFor } from './streams/stream-mutators.ts'

/** Tells that a fault has happened. */
export type FaultReport = (...told: DropLast<Parameters<FaultJudge['report']>>) => void
type DropLast<List extends readonly unknown[]> = List extends readonly [...infer Rest, unknown?] ? Rest : never

const HTTP2 = 20
/** Why an exchange ended that a fault ended (`shared/events/close-reasons.ts`). */
const REASON = 'fault_injected'

export class ExchangeFaults {
  readonly #armed: readonly ArmedFault[]
  readonly #report: FaultReport
  #request: FaultedRequest = { isHttp2: false, version: 11, method: '', target: '' }
  /** Closes the connection behind a false Content-Length. */
  #closer: ArmedFault | undefined = undefined
  /** Sec-WebSocket-Extensions of the response. */
  #extensions: string | undefined = undefined
  #isWebSocket = false

  constructor(armed: readonly ArmedFault[], report: FaultReport) {
    this.#armed = armed
    this.#report = report
  }

  onRequestHead(head: MessageHead): HeadVerdict {
    const { version, method, target } = head
    this.#request = { isHttp2: version === HTTP2, version, method, target }
    let verdict: HeadVerdict
    for (const fault of this.#armed) {
      const { options } = fault
      if (verdict !== undefined) break
      if (options.kind === 'respond' && options.instead_of === 'request') verdict = this.#respond(fault, options, 'request')
      else if (options.kind === 'grpc_status') verdict = this.#grpcStatus(fault, options, head)
      else if (options.kind === 'h2_goaway') verdict = this.#goaway(fault, options)
    }
    return verdict
  }

  /** `replaced`: what policy has put in the place of the head. */
  onResponseHead(head: MessageHead, replaced?: Uint8Array): HeadVerdict {
    this.#extensions = head.fields.first('sec-websocket-extensions')
    for (const fault of this.#armed) {
      const { options } = fault
      if (options.kind === 'respond' && options.instead_of === 'response') return this.#respond(fault, options, 'response')
      if (options.kind === 'h2_reset' && options.before_head && this.#needsHttp2(fault, 'response')) {
        this.#report(fault, 'response', 0, 'bytes', { code: options.code })
        return { kind: 'reset', code: options.code, reason: REASON }
      }
      if (options.kind === 'wrong_content_length') {
        const verdict = this.#wrongLength(fault, options, head, replaced)
        if (verdict !== undefined) return verdict
      }
    }
    return undefined
  }

  /** What the body behind `head` goes through. */
  bodyEditFor(side: Side, head: MessageHead): BodyEdit | undefined {
    const mutators: (readonly [ArmedFault, BodyMutator])[] = []
    let headDelayMs = 0
    // What follows CONNECT is no body (RFC 9110 §9.3.6).
    const isSwitching = this.#request.method === 'CONNECT' && head.status < 300
    for (const fault of this.#armed) {
      if (side === ORIGIN && fault.options.kind === 'first_byte_delay') headDelayMs += this.#delay(fault, fault.options)
      if (head.framing === 'none' || isSwitching) continue
      const mutator = fault === this.#closer && side === ORIGIN ? CLOSES_BEHIND : bodyMutatorFor(fault, side, head, this.#request)
      if (mutator === undefined) continue
      if (isNotApplicable(mutator)) this.#notApplicable(fault, 'body', mutator.not_applicable)
      else mutators.push([fault, mutator])
    }
    return mutators.length === 0 && headDelayMs === 0 ? undefined : new FaultedBody(mutators, headDelayMs, this.#tell)
  }

  onUpgrade(protocol: string): void {
    this.#isWebSocket = protocol === 'websocket'
  }

  /** What the octets of `side` go through behind a switch of protocols. */
  switchedEditFor(side: Side): BodyEdit | undefined {
    if (!this.#isWebSocket) return undefined
    const extensions = parseExtensions(this.#extensions)
    const mutators: (readonly [ArmedFault, BodyMutator])[] = []
    for (const fault of this.#armed) {
      const mutator = webSocketMutatorFor(fault, side, extensions)
      if (mutator !== undefined) mutators.push([fault, mutator])
    }
    return mutators.length === 0 ? undefined : new FaultedBody(mutators, 0, this.#tell)
  }

  /** HTTP/1.1: what has become a WebSocket connection is over for HTTP at the switch, and for its faults when its session is. */
  get lastsAsLongAsSession(): boolean {
    return this.#isWebSocket && !this.#request.isHttp2
  }

  readonly #tell: TellInjected = (fault, position, unit, applied) => this.#report(fault, 'body', position, unit, applied)

  /** The exchange is over. */
  end(): void {
    for (const fault of this.#armed) fault.release()
  }

  #respond(fault: ArmedFault, options: FaultOf<'respond'>, phase: 'request' | 'response'): HeadVerdict {
    this.#report(fault, phase, 0, 'bytes', { status: options.status, delay_ms: options.delay_ms })
    return { kind: 'respond', response: faultResponse(options, Date.now()), reason: REASON, delayMs: options.delay_ms }
  }

  #grpcStatus(fault: ArmedFault, options: FaultOf<'grpc_status'>, head: MessageHead): HeadVerdict {
    const protocol = grpcProtocol(head.fields)
    const { isHttp2 } = this.#request
    if (protocol === undefined || !takesTrailersOnly(protocol, isHttp2)) {
      this.#notApplicable(fault, 'request', 'no call of gRPC or gRPC-Web')
      return undefined
    }
    this.#report(fault, 'request', 0, 'bytes', { grpc_status: options.status })
    const response = trailersOnly(options, protocol, isHttp2, Date.now())
    return { kind: 'respond', response, reason: REASON }
  }

  #goaway(fault: ArmedFault, { code }: FaultOf<'h2_goaway'>): HeadVerdict {
    if (!this.#needsHttp2(fault, 'request')) return undefined
    this.#report(fault, 'request', 0, 'bytes', { code })
    return { kind: 'goaway', code, reason: REASON }
  }

  /** The head says another length; HTTP/1.1 closes behind the body, HTTP/2 clients find out by themselves (RFC 9113 §8.1.1). */
  #wrongLength(fault: ArmedFault, { delta }: FaultOf<'wrong_content_length'>, head: MessageHead, replaced?: Uint8Array): HeadVerdict {
    const length = Number(head.fields.first('content-length') ?? Number.NaN)
    if (head.framing === 'none' || !Number.isSafeInteger(length)) {
      this.#notApplicable(fault, 'response', head.framing === 'none' ? 'no body' : 'no Content-Length')
      return undefined
    }
    const said = Math.max(0, length + delta)
    const edited = withLength(head, replaced, said)
    if (edited === undefined) return undefined
    if (!this.#request.isHttp2) this.#closer = fault
    this.#report(fault, 'response', 0, 'bytes', { from: length, to: said })
    return { kind: 'replace', head: edited }
  }

  #delay(fault: ArmedFault, options: FaultOf<'first_byte_delay'>): number {
    const ms = drawDelay(options, fault.dice)
    this.#report(fault, 'response', 0, 'bytes', { ms })
    return ms
  }

  #needsHttp2(fault: ArmedFault, phase: 'request' | 'response'): boolean {
    if (this.#request.isHttp2) return true
    this.#notApplicable(fault, phase, 'HTTP/1.1')
    return false
  }

  #notApplicable(fault: ArmedFault, phase: 'request' | 'response' | 'body', why: string): void {
    this.#report(fault, phase, 0, 'bytes', { not_applicable: why } satisfies NotApplicable)
  }
}
