/**
 * Reads one field line of a head or trailer section into a FieldSection (RFC 9112 §5). Worker thread.
 *
 *     field-name ":" OWS field-value OWS CRLF
 */

import type { FieldSection } from '../../../../shared/http/field-section.ts'
import { HTTP1_VIOLATIONS } from '../../../../shared/violations/http1.ts'
import type { Violation } from '../../../../shared/violations/violation.ts'
import { COLON, CR, HTAB, LF, OCTET_CLASS, SP, TOKEN, VALUE } from './octet-class.ts'

/** The line does not end before `stop`. */
export const INCOMPLETE = -1

/**
 * Returns the position after the line, INCOMPLETE, or the rule that the line breaks. A violation is final only when the line's
 * LF has come too: the caller sees to that, so that what is told never depends on how the octets were split.
 */
export function parseFieldLine(bytes: Uint8Array, at: number, stop: number, fields: FieldSection): number | Violation {
  let p = at
  while (p < stop && ((OCTET_CLASS[bytes[p] as number] as number) & TOKEN) !== 0) p++
  if (p === stop) return INCOMPLETE
  if (bytes[p] !== COLON) return nameViolation(bytes, p)
  if (p === at) return HTTP1_VIOLATIONS.http1_empty_field_name
  const nameEnd = p++
  while (p < stop && (bytes[p] === SP || bytes[p] === HTAB)) p++
  const valueStart = p
  while (p < stop && ((OCTET_CLASS[bytes[p] as number] as number) & VALUE) !== 0) p++
  if (p === stop) return INCOMPLETE
  if (bytes[p] !== CR) return bytes[p] === LF ? HTTP1_VIOLATIONS.http1_bare_lf : HTTP1_VIOLATIONS.http1_bad_field_value
  if (p + 1 === stop) return INCOMPLETE
  if (bytes[p + 1] !== LF) return HTTP1_VIOLATIONS.http1_bare_cr
  let valueEnd = p
  while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--
  fields.add(at, nameEnd, valueStart, valueEnd)
  return p + 2
}

/** Names what stands at `p`, where a name ended without a colon. */
function nameViolation(bytes: Uint8Array, p: number): Violation {
  switch (bytes[p]) {
    case LF:
      return HTTP1_VIOLATIONS.http1_bare_lf
    case CR:
      return bytes[p + 1] === LF ? HTTP1_VIOLATIONS.http1_missing_colon : HTTP1_VIOLATIONS.http1_bare_cr
    case SP:
    case HTAB: {
      let next = p
      while (bytes[next] === SP || bytes[next] === HTAB) next++
      // RFC 9112 §5.1: "A server MUST reject … any received request message that contains whitespace between a header field
      // name and colon": readers that drop it and readers that keep it see different fields.
      return bytes[next] === COLON ? HTTP1_VIOLATIONS.http1_whitespace_before_colon : HTTP1_VIOLATIONS.http1_bad_field_name
    }
    default:
      return HTTP1_VIOLATIONS.http1_bad_field_name
  }
}
