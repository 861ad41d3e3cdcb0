/** Redacted heads: the values are gone, everything else is as it was, and a head without such fields is itself. */

import t from 'tap'
import { redactedHead, redactedSection } from '../../../src/workers/observers/redacted-head.ts'
import { fieldSectionOf, messageHeadOf } from '../../support/octets/field-section-of.ts'

t.test('a request', async (t) => {
  const head = messageHeadOf('POST /a?b HTTP/1.1', 'Host: x.example', 'X-Secret: 1', 'Accept:   */*', 'x-SECRET: \xe4', 'Empty:')
  head.framing = 'length'
  head.contentLength = 7
  const redacted = redactedHead(head, ['x-secret', 'absent'])
  const { fields } = redacted
  t.same(
    Array.from({ length: fields.count }, (_, line) => [fields.name(line), fields.value(line)]),
    [
      ['Host', 'x.example'],
      ['X-Secret', '[redacted]'],
      ['Accept', '*/*'],
      ['x-SECRET', '[redacted]'],
      ['Empty', ''],
    ],
  )
  t.match(redacted, { method: 'POST', target: '/a?b', authority: head.authority, version: 11, framing: 'length', contentLength: 7 })
  const block = Buffer.from(fields.bytes.subarray(fields.start, fields.end)).toString('latin1')
  t.match(block, /^Host: x\.example\r\n[\s\S]*Empty: \r\n$/)
  t.notMatch(block, /\xe4/)
})

t.test('nothing to redact', async (t) => {
  const head = messageHeadOf('HTTP/1.1 200 OK', 'A: b')
  t.equal(redactedHead(head, ['x-secret']), head)
  t.equal(redactedHead(head, []), head)
  const section = fieldSectionOf('A: b')
  t.equal(redactedSection(section, ['b']), section)
  t.equal(redactedSection(section, ['a']).value(0), '[redacted]')
})
