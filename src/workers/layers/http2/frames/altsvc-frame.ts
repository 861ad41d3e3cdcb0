/**
 * altSvcValue: the Alt-Svc value of an ALTSVC frame. Pure. Worker thread. RFC 7838 §4.
 *
 *      0            2
 *     ┌────────────┬────────┬──────────────────────┐
 *     │ origin-len │ origin │ Alt-Svc field value  │
 *     └────────────┴────────┴──────────────────────┘
 */

import { latin1 } from '../../../../shared/http/field-section.ts'

const ORIGIN_LENGTH_BYTES = 2

/**
 * The value in the payload `bytes[start … end)`; undefined where the frame "MUST be ignored": on stream 0 without an origin, on
 * another with one, or too short for the origin that it announces.
 */
export function altSvcValue(streamId: number, bytes: Uint8Array, start: number, end: number): string | undefined {
  if (end - start < ORIGIN_LENGTH_BYTES) return undefined
  const originLength = ((bytes[start] as number) << 8) | (bytes[start + 1] as number)
  const valueStart = start + ORIGIN_LENGTH_BYTES + originLength
  if (valueStart > end || (originLength === 0) === (streamId === 0)) return undefined
  return latin1(bytes, valueStart, end)
}
