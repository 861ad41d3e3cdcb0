/**
 * Builds heads for tests from text in HTTP/1.1 form, without any parser of ours.
 */

import type { FieldSection } from '../../../src/shared/http/field-section.ts'
import { MessageHead } from '../../../src/workers/layers/http/message-head.ts'

const CRLF_BYTES = 2

/** The section of the field lines in `lines`, each without its CRLF. */
export function fieldSectionOf(...lines: string[]): FieldSection {
  return messageHeadOf('GET / HTTP/1.1', ...lines).fields
}

/** The head with `startLine` (request or status line) and `lines`, with octets of another message before it. */
export function messageHeadOf(startLine: string, ...lines: string[]): MessageHead {
  const head = new MessageHead()
  const before = 'earlier\r\n'
  const text = `${before}${startLine}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`
  head.fields.reset(Buffer.from(text, 'latin1'), before.length + startLine.length + CRLF_BYTES)
  let at = head.fields.start
  for (const line of lines) {
    const colon = line.indexOf(':')
    const value = line.slice(colon + 1)
    const valueStart = at + colon + 1 + (value.length - value.trimStart().length)
    head.fields.add(at, at + colon, valueStart, valueStart + value.trim().length)
    at += line.length + CRLF_BYTES
  }
  head.fields.end = at
  fillStartLine(head, startLine, before.length)
  return head
}

function fillStartLine(head: MessageHead, startLine: string, from: number): void {
  head.version = startLine.includes('HTTP/1.0') ? 10 : 11
  const [first = '', second = ''] = startLine.split(' ')
  if (first.startsWith('HTTP/')) {
    head.status = Number(second)
    head.methodStart = head.methodEnd = from
    return
  }
  head.methodStart = from
  head.methodEnd = from + first.length
  head.targetStart = head.methodEnd + 1
  head.targetEnd = head.targetStart + second.length
}
