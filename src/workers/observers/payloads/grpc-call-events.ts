/**
 * GrpcCallEvents: the events of one call: `grpc_message` for each message, `grpc_call` at its end. Knows nothing of HTTP but the
 * status. Worker thread.
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { EventInput } from '../../../shared/events/record/event-input.ts'
import { CLIENT, ORIGIN, SIDE_NAMES, type Side } from '../../../shared/side.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import type { GrpcCall, GrpcHandler, GrpcMessage, GrpcSummary } from '../../layers/grpc/grpc-handler.ts'
import { GrpcObserver } from '../../layers/grpc/grpc-observer.ts'
import type { GrpcProtocol } from '../../layers/grpc/grpc-protocol.ts'
import type { MessageHead } from '../../layers/http/message-head.ts'
import type { ExchangeLabel, Observation } from '../observation.ts'
import { CapturedMessage } from './captured-message.ts'

const OK = 200

export class GrpcCallEvents implements GrpcHandler {
  readonly observer: GrpcObserver
  readonly #observation: Observation
  readonly #label: ExchangeLabel
  /** The message under way on each side, as far as it is captured. */
  readonly #captured: readonly [CapturedMessage, CapturedMessage] | undefined
  readonly #offsets: [number, number] = [0, 0]
  #call: GrpcCall | undefined = undefined
  #httpStatus = 0
  #violation: string | undefined = undefined

  constructor(observation: Observation, label: ExchangeLabel, protocol: GrpcProtocol, request: MessageHead) {
    this.#observation = observation
    this.#label = label
    const { captureBodyBytes: captureBytes } = observation.options
    this.#captured = captureBytes === 0 ? undefined : [new CapturedMessage(captureBytes), new CapturedMessage(captureBytes)]
    this.observer = new GrpcObserver(this, protocol, request)
  }

  onResponseHead(head: MessageHead): void {
    this.#httpStatus = head.status
    this.observer.onResponseHead(head)
  }

  onCall(call: GrpcCall): void {
    this.#call = call
  }

  onMessage(side: Side, { index, size, compressed, encoding }: GrpcMessage): void {
    const data = this.#captured?.[side].take(compressed ? encoding : '')
    const offset = this.#offsets[side]
    this.#offsets[side] += size
    const values = { side: SIDE_NAMES[side], index, size, compressed, offset, data: data?.octets, decompressed: data?.isDecompressed }
    const { events, session } = this.#observation
    events.emit('grpc_message', session.flow, values, session.now, this.#label.number, this.#label.protocol)
  }

  onMessageOctets(side: Side, bytes: Uint8Array): void {
    this.#captured?.[side].append(bytes)
  }

  /** The summary tells it. */
  onStatus(_status: number, _message: string): void {}

  onViolation(_side: Side, violation: Violation): void {
    this.#violation ??= violation.code
  }

  onEnd(reason: CloseReason, summary: GrpcSummary): void {
    const call = this.#call
    if (call === undefined) return
    const { status, message, messages, bytes, encodings, kind } = summary
    const values: EventInput<'grpc_call'> = {
      variant: call.variant,
      codec: call.codec,
      service: call.service,
      method: call.method,
      kind,
      timeout_ms: call.timeoutMs,
      encoding_client: encodings[CLIENT] || undefined,
      encoding_origin: encodings[ORIGIN] || undefined,
      status: status === -1 ? undefined : status,
      status_message: message || undefined,
      messages_client: messages[CLIENT],
      messages_origin: messages[ORIGIN],
      bytes_client: bytes[CLIENT],
      bytes_origin: bytes[ORIGIN],
      outcome: this.#outcome(reason, status),
      violation: this.#violation,
    }
    const { events, session } = this.#observation
    events.emit('grpc_call', session.flow, values, session.now, this.#label.number, this.#label.protocol)
  }

  /** A status, of gRPC or of HTTP, says more than how the stream was closed: an answer of ours closes it by its own reason. */
  #outcome(reason: CloseReason, status: number): EventInput<'grpc_call'>['outcome'] {
    if (status !== -1) return this.#violation !== undefined ? 'violation' : status === 0 ? 'ok' : 'status'
    if (reason === 'client_reset' || reason === 'client_closed_early') return 'cancelled'
    if (this.#httpStatus !== 0 && this.#httpStatus !== OK) return 'http_error'
    return reason === 'completed' ? 'no_status' : 'broken'
  }
}
