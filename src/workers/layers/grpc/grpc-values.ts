/**
 * Values of gRPC's fields: `grpc-timeout`, `grpc-status`, `grpc-message` (gRPC PROTOCOL-HTTP2), and Connect's names of statuses. Worker
 * thread.
 */

import { GRPC_STATUS_MESSAGE_CHARACTERS } from '../../../shared/limits/layers/grpc.ts'

/** "TimeoutValue → {positive integer as ASCII string of at most 8 digits}", then its unit. */
const TIMEOUT = /^(\d{1,8})([HMSmun])$/
const UNIT_MS: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 0.000_001 }

/** Connect names its errors; the numbers are gRPC's (connectrpc.com/docs/protocol, *Error Codes*). */
export const CONNECT_CODES: readonly string[] = [
  'ok',
  'canceled',
  'unknown',
  'invalid_argument',
  'deadline_exceeded',
  'not_found',
  'already_exists',
  'permission_denied',
  'resource_exhausted',
  'failed_precondition',
  'aborted',
  'out_of_range',
  'unimplemented',
  'internal',
  'unavailable',
  'data_loss',
  'unauthenticated',
]

/** Milliseconds, or `undefined` where the value is malformed. */
export function timeoutMs(value: string): number | undefined {
  const match = TIMEOUT.exec(value)
  return match === null ? undefined : Number(match[1]) * (UNIT_MS[match[2] as string] as number)
}

/** The number of a status, or `undefined`. */
export function statusNumber(value: string): number | undefined {
  return /^\d{1,3}$/.test(value) ? Number(value) : undefined
}

/**
 * Undoes percent-encoding: octets, then UTF-8. "When decoding invalid values, implementations MUST NOT error": what is no
 * escape stays as it is.
 */
export function statusMessage(value: string): string {
  const octets = value
    .slice(0, GRPC_STATUS_MESSAGE_CHARACTERS)
    .replace(/%([0-9A-Fa-f]{2})/g, (_escape, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(octets, 'latin1').toString('utf8')
}

/** gRPC PROTOCOL-HTTP2, "Percent-Encoded": octets other than visible ASCII and space, and the percent sign. */
export function percentEncoded(text: string): string {
  let encoded = ''
  for (const octet of Buffer.from(text)) {
    const isPlain = octet >= 0x20 && octet <= 0x7e && octet !== 0x25
    encoded += isPlain ? String.fromCharCode(octet) : `%${octet.toString(16).toUpperCase().padStart(2, '0')}`
  }
  return encoded
}
