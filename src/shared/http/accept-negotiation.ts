/**
 * Which of plain text and JSON a refusal is written in, by the request's Accept field (RFC 9110 §12.5.1). Pure; no thread of
 * its own.
 *
 * Programs that can read JSON ask for it; everybody else (curl's and browsers' wildcards, no field at all, garbage) gets text.
 */

import { ACCEPT_RANGES_MAX } from '../limits/connect.ts'

/** What is needed of a `FieldSection` (`shared/http/field-section.ts`). */
export interface FieldLines {
  find(name: string, from?: number): number
  value(line: number): string
}

export type RefusalFormat = 'text' | 'json'

const TYPES = { text: 'text/plain', json: 'application/json' } as const
const QVALUE = /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/

/** How a media range matched a type: as any, by its first half, or exactly; the most specific one decides. */
const SPECIFIC_NONE = 0
const SPECIFIC_ANY = 1
const SPECIFIC_TYPE = 2
const SPECIFIC_EXACT = 3

/** JSON only if it is preferred to text: ties, absence and what cannot be read mean text. */
export function negotiateFormat(fields: FieldLines | undefined): RefusalFormat {
  const ranges = fields === undefined ? [] : acceptedRanges(fields)
  return quality(ranges, TYPES.json) > quality(ranges, TYPES.text) ? 'json' : 'text'
}

/** The media ranges of all Accept lines: a list-based field may come in several (RFC 9110 §5.3). */
function acceptedRanges(fields: FieldLines): string[] {
  const ranges: string[] = []
  for (let line = fields.find('accept'); line !== -1; line = fields.find('accept', line + 1)) {
    ranges.push(...fields.value(line).toLowerCase().split(',', ACCEPT_RANGES_MAX))
    if (ranges.length >= ACCEPT_RANGES_MAX) break
  }
  return ranges.slice(0, ACCEPT_RANGES_MAX)
}

function quality(ranges: readonly string[], type: string): number {
  let best = SPECIFIC_NONE
  let found = 0
  for (const range of ranges) {
    const [name = '', ...parameters] = range.split(';')
    const specific = specificity(name.trim(), type)
    if (specific > best) {
      best = specific
      found = qvalue(parameters)
    }
  }
  return found
}

function specificity(range: string, type: string): number {
  if (range === type) return SPECIFIC_EXACT
  if (range === `${type.slice(0, type.indexOf('/'))}/*`) return SPECIFIC_TYPE
  return range === '*/*' ? SPECIFIC_ANY : SPECIFIC_NONE
}

/** The weight of a range (RFC 9110 §12.4.2): 1 where absent, 0 where it cannot be read. */
function qvalue(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=')
    if (name.trim() === 'q') return QVALUE.test(value.trim()) ? Number(value) : 0
  }
  return 1
}
