/**
 * What a gRPC observer tells of one call. Worker thread; called synchronously while octets are observed.
 *
 *     onCall → onMessage* (both sides, interleaved) → onStatus? → onEnd   exactly once, last
 */

import type { CloseReason } from '../../../shared/events/close-reasons.ts'
import type { Side } from '../../../shared/side.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import type { GrpcVariant } from './grpc-protocol.ts'

export interface GrpcCall {
  readonly variant: GrpcVariant
  readonly codec: string
  readonly service: string
  readonly method: string
  /** The deadline that the client gave, ms; `undefined`: none. */
  readonly timeoutMs: number | undefined
}

export interface GrpcMessage {
  /** Number of the message within its direction, from 0. */
  readonly index: number
  /** Octets on the wire, the envelope not counted. */
  readonly size: number
  readonly compressed: boolean
  /** `grpc-encoding` (Connect: `connect-content-encoding`) of the direction, or empty. */
  readonly encoding: string
}

export interface GrpcSummary {
  /** −1: none was sent. */
  readonly status: number
  readonly message: string
  /** By side. */
  readonly messages: readonly [number, number]
  readonly bytes: readonly [number, number]
  /** As announced; empty: none. */
  readonly encodings: readonly [string, string]
  readonly kind: 'unary' | 'client_streaming' | 'server_streaming' | 'bidirectional'
}

export interface GrpcHandler {
  onCall(call: GrpcCall): void
  /** A message is complete. Its octets have been told by `onMessageOctets`, span by span, as they came. */
  onMessage(side: Side, message: GrpcMessage): void
  onMessageOctets(side: Side, bytes: Uint8Array): void
  /** `grpc-status` and `grpc-message`, from trailers, from a head without body, or from a trailer frame. */
  onStatus(status: number, message: string): void
  onViolation(side: Side, violation: Violation): void
  /** `reason` is a close reason. What kind of call it was shows in the messages that were sent. */
  onEnd(reason: CloseReason, summary: GrpcSummary): void
}
