/**
 * redactedHead: a head without the values of some fields, for the events of a connection whose rule wants them kept. What is
 * forwarded is the head itself. Made only where such a rule holds and such a field is there. Worker thread.
 */

import { REDACTED } from '../../shared/events/redacted-names.ts'
import { FieldSection, latin1 } from '../../shared/http/field-section.ts'
import { MessageHead } from '../layers/http/message-head.ts'

/** `names` in lower case. */
export function redactedHead(head: MessageHead, names: readonly string[]): MessageHead {
  if (!names.some((name) => head.fields.find(name) !== -1)) return head
  const redacted = new MessageHead()
  const startLine = `${head.method} ${head.target} ${head.authority}\r\n`
  fill(redacted.fields, head.fields, names, startLine)
  redacted.methodEnd = head.methodEnd - head.methodStart
  redacted.targetStart = redacted.methodEnd + 1
  redacted.targetEnd = redacted.targetStart + head.targetEnd - head.targetStart
  redacted.authorityStart = redacted.targetEnd + 1
  redacted.authorityEnd = redacted.authorityStart + head.authorityEnd - head.authorityStart
  redacted.status = head.status
  redacted.version = head.version
  redacted.framing = head.framing
  redacted.contentLength = head.contentLength
  return redacted
}

/** The same of a trailer section. */
export function redactedSection(fields: FieldSection, names: readonly string[]): FieldSection {
  if (!names.some((name) => fields.find(name) !== -1)) return fields
  const redacted = new FieldSection()
  fill(redacted, fields, names, '')
  return redacted
}

function fill(to: FieldSection, from: FieldSection, names: readonly string[], startLine: string): void {
  const lines: { readonly name: string; readonly value: string }[] = []
  for (let line = 0; line < from.count; line++) {
    const isCovered = names.some((name) => from.isNamed(line, name))
    const value = isCovered ? REDACTED : latin1(from.bytes, from.valueStart(line), from.valueEnd(line))
    lines.push({ name: from.name(line), value })
  }
  const text = startLine + lines.map(({ name, value }) => `${name}: ${value}\r\n`).join('')
  to.reset(Buffer.from(text, 'latin1'), startLine.length)
  let at = startLine.length
  for (const { name, value } of lines) {
    const valueStart = at + name.length + 2
    to.add(at, at + name.length, valueStart, valueStart + value.length)
    at = valueStart + value.length + 2
  }
  to.end = at
}
