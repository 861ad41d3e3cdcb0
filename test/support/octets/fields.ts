/**
 * Makes a FieldSection of name and value pairs, as a layer would fill it.
 */

import { FieldSection } from '../../../src/shared/http/field-section.ts'

export function fieldsOf(pairs: Record<string, string>): FieldSection {
  const section = new FieldSection()
  const block = Object.entries(pairs).map(([name, value]) => `${name}: ${value}\r\n`)
  section.reset(Buffer.from(block.join(''), 'latin1'), 0)
  let at = 0
  for (const [name, value] of Object.entries(pairs)) {
    const valueStart = at + name.length + 2
    section.add(at, at + name.length, valueStart, valueStart + value.length)
    at = valueStart + value.length + 2
  }
  section.end = at
  return section
}
