/**
 * OPCODE: what a WebSocket frame carries (RFC 6455 §5.2). Worker thread.
 */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const

/** Opcodes 8–15 are control frames. */
export function isControl(opcode: number): boolean {
  return (opcode & 0x8) !== 0
}
