/** Edited heads: what is touched, what stays octet for octet, on HTTP/1.1 and in the form for HTTP/2. */

import t from 'tap'
import { editedHead } from '../../../../src/workers/layers/http/edited-head.ts'
import type { MessageHead } from '../../../../src/workers/layers/http/message-head.ts'
import { HeadParser, REQUEST, RESPONSE, type SectionKind } from '../../../../src/workers/layers/http1/head/head-parser.ts'

function parse(text: string, kind: SectionKind): MessageHead {
  const bytes = Buffer.from(text, 'latin1')
  const parser = new HeadParser(kind, 65_536, 256)
  parser.reset(0)
  parser.advance(bytes, bytes.length)
  return parser.head
}

const REQUEST_HEAD = 'GET /a?b HTTP/1.1\r\nHost: x\r\nUSER-agent:  odd \r\nCookie: a\r\ncookie: b\r\n\r\n'

t.test('requests', (t) => {
  const cases: readonly (readonly [set: Record<string, string>, remove: string[], expected: string | undefined])[] = [
    [{}, [], undefined],
    [{}, ['x-absent'], undefined],
    [{}, ['Cookie'], 'GET /a?b HTTP/1.1\r\nHost: x\r\nUSER-agent:  odd \r\n\r\n'],
    [{ 'X-New': '1' }, [], 'GET /a?b HTTP/1.1\r\nHost: x\r\nUSER-agent:  odd \r\nCookie: a\r\ncookie: b\r\nX-New: 1\r\n\r\n'],
    [{ 'User-Agent': 'new' }, ['cookie'], 'GET /a?b HTTP/1.1\r\nHost: x\r\nUSER-agent: new\r\n\r\n'],
    [{ cookie: 'c' }, [], 'GET /a?b HTTP/1.1\r\nHost: x\r\nUSER-agent:  odd \r\nCookie: c\r\n\r\n'],
  ]
  for (const [set, remove, expected] of cases) {
    const edited = editedHead(parse(REQUEST_HEAD, REQUEST), { set, remove })
    t.equal(edited === undefined ? undefined : Buffer.from(edited).toString('latin1'), expected, JSON.stringify({ set, remove }))
  }
  t.end()
})

t.test('responses keep their status line', (t) => {
  const head = parse('HTTP/1.1 200 Fine, really\r\nAlt-Svc: h3=":443"\r\nETag: "\xe4"\r\n\r\n', RESPONSE)
  const edited = editedHead(head, { set: {}, remove: ['alt-svc'] })
  t.equal(Buffer.from(edited ?? []).toString('latin1'), 'HTTP/1.1 200 Fine, really\r\nETag: "\xe4"\r\n\r\n')
  t.end()
})

t.test('HTTP/2 heads come out in HTTP/1.1 form, the authority as Host', (t) => {
  const head = parse('GET /a HTTP/1.1\r\nHost: h.example\r\naccept: */*\r\n\r\n', REQUEST)
  const { fields } = head
  // As the HTTP/2 layer fills it: pseudo-fields apart, the authority not among the fields.
  const accept = fields.find('accept')
  const offsets = [fields.nameStart(accept), fields.nameEnd(accept), fields.valueStart(accept), fields.valueEnd(accept)] as const
  const { end } = fields
  fields.reset(fields.bytes, offsets[0])
  fields.add(...offsets)
  fields.end = end
  head.version = 20
  t.equal(
    Buffer.from(editedHead(head, { set: { 'x-a': '1' }, remove: [] }) ?? []).toString('latin1'),
    'GET /a HTTP/1.1\r\nHost: h.example\r\naccept: */*\r\nx-a: 1\r\n\r\n',
  )
  t.end()
})
