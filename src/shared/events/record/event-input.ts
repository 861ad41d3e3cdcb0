/**
 * What the event writer takes: structural types, so that the layers' MessageHead and FieldSection fit without being known
 * here. Types only. No thread of its own.
 */

import type { CloseReason } from '../close-reasons.ts'
import type { EventFields } from '../event.ts'
import type { FieldSpec } from '../field-spec.ts'
import type { EVENTS, EventName } from '../schema.ts'

/** A block of `name: value CRLF` lines; a FieldSection is one. */
export interface FieldBlock {
  readonly bytes: Uint8Array
  readonly start: number
  readonly end: number
}

/** A request or response head whose parts are ranges of `fields.bytes`; a MessageHead is one. */
export interface HeadBlock {
  readonly fields: FieldBlock
  readonly methodStart: number
  readonly methodEnd: number
  readonly targetStart: number
  readonly targetEnd: number
  readonly authorityStart: number
  readonly authorityEnd: number
  readonly status: number
  /** 10, 11 or 20. */
  readonly version: number
}

/** How a flow, stream or exchange ended: `stream_closed` without allocation. Absent: undefined, NaN, or −1 for `status` and `code`. */
export interface StreamEnd {
  readonly closeReason: CloseReason
  readonly violation: string | undefined
  readonly status: number
  readonly method: string | undefined
  readonly bytesClient: number
  readonly bytesOrigin: number
  readonly durationMs: number
  readonly ttfbMs: number
  readonly code: number
  readonly opaque: boolean
  readonly detail: string | undefined
}

/** A server-sent event as ranges of octets; a StreamEvent is one. */
export interface StreamEventBlock {
  readonly index: number
  readonly typeBytes: Uint8Array
  readonly typeLength: number
  readonly idBytes: Uint8Array
  readonly idLength: number
  readonly hasId: boolean
  /** −1: none. */
  readonly retryMs: number
  readonly startOffset: number
  readonly endOffset: number
  readonly dataSize: number
  /** The data as far as it was kept: `bytes[dataStart … dataEnd)`. */
  readonly bytes: Uint8Array
  readonly dataStart: number
  readonly dataEnd: number
}

/** A WebSocket frame, and the message that it ends. Absent: −1, or `undefined`. */
export interface FrameBlock {
  /** Index into DIRECTIONS. */
  side: number
  /** Index into WEBSOCKET_OPCODES. */
  opcode: number
  fin: boolean
  compressed: boolean
  size: number
  messageIndex: number
  messageSize: number
  /** Octets of a text or of a binary message. */
  text: Uint8Array | undefined
  data: Uint8Array | undefined
  code: number
  reason: Uint8Array | undefined
}

type InputOf<Spec, Public> = Spec extends { readonly kind: 'bytes' }
  ? Uint8Array
  : Spec extends { readonly kind: 'fields' }
    ? FieldBlock | Public
    : Public

/** The fields of an event as a producer gives them: octets as such, field sections as blocks or lists; undefined is absent. */
export type EventInput<Name extends EventName> = {
  readonly [Field in keyof EventFields<Name>]?:
    | InputOf<
        Field extends keyof (typeof EVENTS)[Name]['fields'] ? Extract<(typeof EVENTS)[Name]['fields'][Field], FieldSpec> : never,
        EventFields<Name>[Field]
      >
    | undefined
}
