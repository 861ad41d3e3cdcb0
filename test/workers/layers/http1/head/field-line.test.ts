/** parseFieldLine: what one line gives, which rule it breaks, and that a line cut anywhere is incomplete (RFC 9112 §5). */

import t from 'tap'
import { FieldSection } from '../../../../../src/shared/http/field-section.ts'
import { INCOMPLETE, parseFieldLine } from '../../../../../src/workers/layers/http1/head/field-line.ts'

/** `name|value` of the line, or the code of what it breaks. */
function parse(text: string, stop = text.length): string {
  const bytes = Buffer.from(text, 'latin1')
  const fields = new FieldSection()
  fields.reset(bytes, 0)
  const result = parseFieldLine(bytes, 0, stop, fields)
  if (typeof result !== 'number') return result.code
  if (result === INCOMPLETE) return 'INCOMPLETE'
  return `${fields.name(0)}|${fields.value(0)}|${text.slice(result)}`
}

const LINES: readonly (readonly [line: string, result: string])[] = [
  ['A: b\r\n', 'A|b|'],
  ['A:b\r\nC: d\r\n', 'A|b|C: d\r\n'],
  ['A:\r\n', 'A||'],
  ['A: \t \r\n', 'A||'],
  ['A: \t b \t c\t \r\n', 'A|b \t c|'],
  ['A: b: c\r\n', 'A|b: c|'],
  ["!#$%&'*+-.^_`|~1z: \xe9\xff\r\n", "!#$%&'*+-.^_`|~1z|\xe9\xff|"],
  [': b\r\n', 'http1_empty_field_name'],
  ['A\r\n', 'http1_missing_colon'],
  ['A b\r\n', 'http1_bad_field_name'],
  ['A : b\r\n', 'http1_whitespace_before_colon'],
  ['A \t : b\r\n', 'http1_whitespace_before_colon'],
  ['A\n', 'http1_bare_lf'],
  ['A\rB: c\r\n', 'http1_bare_cr'],
  ['A(: b\r\n', 'http1_bad_field_name'],
  ['\xe9: b\r\n', 'http1_bad_field_name'],
  ['A\0: b\r\n', 'http1_bad_field_name'],
  ['A: b\n', 'http1_bare_lf'],
  ['A: b\rc\r\n', 'http1_bare_cr'],
  ['A: b\0c\r\n', 'http1_bad_field_value'],
  ['A: b\x7f\r\n', 'http1_bad_field_value'],
]

t.test('lines', async (t) => {
  for (const [line, result] of LINES) t.equal(parse(line), result, JSON.stringify(line))
})

t.test('a valid line cut before its LF is incomplete', async (t) => {
  for (const [line, result] of LINES.filter(([, result]) => result.includes('|'))) {
    const end = line.indexOf('\n')
    const early = Array.from({ length: end + 1 }, (_, stop) => parse(line, stop)).filter((cut) => cut !== 'INCOMPLETE')
    t.same(early, [], JSON.stringify(line))
    t.equal(parse(line, end + 1), result)
  }
})
