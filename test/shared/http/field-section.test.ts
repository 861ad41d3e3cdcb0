/** FieldSection: lines as ranges, any number; what is released is not seen by the next section. */

import t from 'tap'
import { FieldSection } from '../../../src/shared/http/field-section.ts'

/** `n<line>:v` lines, each with its own offsets. */
function fill(section: FieldSection, lines: number): void {
  const text = Array.from({ length: lines }, (_, line) => `n${line}: v${line}\r\n`).join('')
  section.reset(Buffer.from(text), 0)
  let at = 0
  for (let line = 0; line < lines; line++) {
    const digits = String(line).length
    section.add(at, at + 1 + digits, at + 3 + digits, at + 4 + 2 * digits)
    at += 6 + 2 * digits
  }
  section.end = at
}

function isFilled(section: FieldSection, lines: number): boolean {
  if (section.count !== lines) return false
  for (let line = 0; line < lines; line++) {
    if (section.name(line) !== `n${line}` || section.value(line) !== `v${line}`) return false
  }
  return section.find('n0') === 0 && section.first('nobody') === undefined
}

t.test('grows, and is used again', async (t) => {
  const section = new FieldSection()
  for (const lines of [1, 32, 33, 200, 3]) {
    fill(section, lines)
    t.ok(isFilled(section, lines), `${lines} lines`)
    if (lines === 33) section.release()
  }
})

t.test('sections in use at a time never share offsets, whatever was released before', async (t) => {
  const sections = Array.from({ length: 40 }, () => new FieldSection())
  for (const [n, section] of sections.entries()) fill(section, n + 1)
  for (const section of sections) section.release()
  for (const section of sections) section.release()
  for (const [n, section] of sections.entries()) fill(section, 2 * n + 1)
  for (const [n, section] of sections.entries()) t.ok(isFilled(section, 2 * n + 1))
})

t.test('a released section is empty, and can be filled without a reset', async (t) => {
  const section = new FieldSection()
  fill(section, 2)
  section.release()
  t.equal(section.count, 0)
  t.equal(section.find('n0'), -1)
  t.equal(section.bytes.length, 0)
  section.add(0, 1, 2, 3)
  t.equal(section.count, 1)
})
