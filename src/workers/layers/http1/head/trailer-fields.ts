/**
 * Trailers of our own as a handler is told of them: field lines, each with its CRLF, parsed like those of a peer. Pure; worker
 * thread.
 */

import type { FieldSection } from '../../../../shared/http/field-section.ts'
import { HEAD_BYTES, HEAD_FIELDS } from '../../../../shared/limits/layers/http1.ts'
import { joinOctets } from '../body/withheld-octets.ts'
import { HEAD_COMPLETE, HeadParser, TRAILERS } from './head-parser.ts'

export const EMPTY_LINE: Uint8Array = Buffer.from('\r\n', 'latin1')

/** Undefined where they are no field lines. */
export function trailerFields(lines: Uint8Array): FieldSection | undefined {
  const section = joinOctets(lines, lines.length, EMPTY_LINE, 0)
  const parser = new HeadParser(TRAILERS, HEAD_BYTES, HEAD_FIELDS)
  parser.reset(0)
  return parser.advance(section, section.length) === HEAD_COMPLETE ? parser.head.fields : undefined
}
