/**
 * Builds WebSocket frames for tests, legal or not, and records what an observer tells of them.
 */

import type { Side } from '../../../src/shared/side.ts'
import type { Violation } from '../../../src/shared/violations/violation.ts'
import type { WebSocketHandler } from '../../../src/workers/layers/websocket/websocket-handler.ts'
import type { WebSocketMessage } from '../../../src/workers/layers/websocket/websocket-message.ts'

export interface FrameSpec {
  opcode: number
  payload?: Uint8Array | string
  fin?: boolean
  /** RSV1–3 as bits 4, 2, 1. */
  reserved?: number
  mask?: readonly number[] | undefined
  /** Octets of the length field beyond the first: 0, 2 or 8; absent: the shortest. */
  lengthOctets?: number
}

export function frame(spec: FrameSpec): Uint8Array {
  const payload = typeof spec.payload === 'string' ? Buffer.from(spec.payload) : (spec.payload ?? new Uint8Array(0))
  const octets = spec.lengthOctets ?? (payload.length < 126 ? 0 : payload.length < 65_536 ? 2 : 8)
  const short = octets === 0 ? payload.length : octets === 2 ? 126 : 127
  const head = [((spec.fin ?? true) ? 0x80 : 0) | ((spec.reserved ?? 0) << 4) | spec.opcode, (spec.mask ? 0x80 : 0) | short]
  for (let i = octets - 1; i >= 0; i--) head.push(Math.floor(payload.length / 256 ** i) % 256)
  const mask = spec.mask
  if (mask) head.push(...mask)
  return Buffer.concat([Uint8Array.from(head), mask ? payload.map((byte, i) => byte ^ (mask[i & 3] as number)) : payload])
}

export const MASK = [0x12, 0xfe, 0x00, 0x83] as const

/** A frame from the client, masked. */
export const fromClient = (spec: FrameSpec) => frame({ mask: MASK, ...spec })

export class WebSocketRecorder implements WebSocketHandler {
  readonly facts: unknown[][] = []
  onFrame(side: Side, opcode: number, fin: boolean, rsv1: boolean, size: number): void {
    this.facts.push(['frame', side, opcode, fin, rsv1, size])
  }
  onMessage(side: Side, m: WebSocketMessage): void {
    const payload = Buffer.from(m.bytes.subarray(0, m.length)).toString('base64')
    this.facts.push(['message', side, m.index, m.opcode, m.frames, m.wireSize, m.size, m.compressed, m.failure, m.truncated, payload])
  }
  onClose(side: Side, code: number, reason: Uint8Array): void {
    this.facts.push(['close', side, code, Buffer.from(reason).toString()])
  }
  onViolation(side: Side, violation: Violation): void {
    this.facts.push(['violation', side, violation.code])
  }
  onEnd(reason: string): void {
    this.facts.push(['end', reason])
  }
  of(kind: string): unknown[][] {
    return this.facts.filter((fact) => fact[0] === kind)
  }
}
