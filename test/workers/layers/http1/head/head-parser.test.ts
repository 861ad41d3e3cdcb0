/** HeadParser: in place at any offset, resumed after any split, the offsets it fills, and its limits to the octet. */

import t from 'tap'
import {
  HEAD_COMPLETE,
  HEAD_NEED_MORE,
  HEAD_VIOLATION,
  HeadParser,
  REQUEST,
  RESPONSE,
  type SectionKind,
  TRAILERS,
} from '../../../../../src/workers/layers/http1/head/head-parser.ts'

const octets = (text: string): Buffer => Buffer.from(text, 'latin1')
const REQUEST_HEAD = 'PUT /p?q HTTP/1.1\r\nHost: a.example:8\r\nX:  v w \t\r\nEmpty:\r\n\r\n'

function facts(parser: HeadParser): object {
  const { head, end } = parser
  const { method, target, authority, status, version, fields } = head
  const lines = Array.from({ length: fields.count }, (_, line) => `${fields.name(line)}=${fields.value(line)}`)
  const block = Buffer.from(fields.bytes.subarray(fields.start, fields.end)).toString('latin1')
  return { method, target, authority, status, version, lines, block, length: end }
}

const EXPECTED = {
  method: 'PUT',
  target: '/p?q',
  authority: 'a.example:8',
  status: 0,
  version: 11,
  lines: ['Host=a.example:8', 'X=v w', 'Empty='],
  block: 'Host: a.example:8\r\nX:  v w \t\r\nEmpty:\r\n',
  length: REQUEST_HEAD.length,
}

t.test('in place, among other octets', async (t) => {
  const parser = new HeadParser(REQUEST, 1_000, 10)
  const bytes = octets(`junk${REQUEST_HEAD}body\r\n\r\n`)
  parser.reset(4)
  t.equal(parser.advance(bytes, bytes.length), HEAD_COMPLETE)
  t.same(facts(parser), { ...EXPECTED, length: REQUEST_HEAD.length + 4 })
})

t.test('resumed after every octet, and after every split', async (t) => {
  const bytes = octets(REQUEST_HEAD)
  const parser = new HeadParser(REQUEST, 1_000, 10)
  for (let cut = 0; cut < bytes.length; cut++) {
    parser.reset(0)
    t.equal(parser.advance(bytes, cut), HEAD_NEED_MORE)
    t.equal(parser.advance(bytes, bytes.length), HEAD_COMPLETE)
    t.same(facts(parser), EXPECTED)
  }
  parser.reset(0)
  for (let end = 1; end < bytes.length; end++) t.equal(parser.advance(bytes, end), HEAD_NEED_MORE)
  t.equal(parser.advance(bytes, bytes.length), HEAD_COMPLETE)
  t.same(facts(parser), EXPECTED)
})

t.test('responses and trailer sections', async (t) => {
  const response = new HeadParser(RESPONSE, 1_000, 10)
  const bytes = octets('HTTP/1.0 404 Not Found\r\nA: b\r\n\r\n')
  response.reset(0)
  t.equal(response.advance(bytes, bytes.length), HEAD_COMPLETE)
  t.match(facts(response), { method: '', target: '', authority: '', status: 404, version: 10, lines: ['A=b'] })
  const trailers = new HeadParser(TRAILERS, 1_000, 10)
  for (const text of ['\r\n', 'A: b\r\nC: d\r\n\r\n']) {
    trailers.reset(0)
    t.equal(trailers.advance(octets(text), text.length), HEAD_COMPLETE)
    t.equal(trailers.end, text.length)
  }
  t.equal(trailers.head.fields.count, 2)
})

/** [kind, text, limit of octets, limit of fields, the code expected; '' for a complete head] */
const LIMITS: readonly (readonly [SectionKind, string, number, number, string])[] = [
  [REQUEST, REQUEST_HEAD, REQUEST_HEAD.length, 3, ''],
  [REQUEST, REQUEST_HEAD, REQUEST_HEAD.length - 1, 3, 'http1_head_too_large'],
  [REQUEST, REQUEST_HEAD, REQUEST_HEAD.length, 2, 'http1_too_many_fields'],
  [REQUEST, REQUEST_HEAD, 10, 3, 'http1_request_line_too_long'],
  [RESPONSE, 'HTTP/1.1 200 OK\r\n\r\n', 10, 3, 'http1_head_too_large'],
  [REQUEST, `\r\n\r\n\r\n\r\n${REQUEST_HEAD}`, 1_000, 3, ''],
  [REQUEST, `\r\n\r\n\r\n\r\n\r\n${REQUEST_HEAD}`, 1_000, 3, 'http1_too_many_empty_lines'],
]

t.test('limits hold to the octet', async (t) => {
  for (const [kind, text, headBytes, headFields, code] of LIMITS) {
    const parser = new HeadParser(kind, headBytes, headFields)
    const bytes = octets(text)
    parser.reset(0)
    const whole = parser.advance(bytes, bytes.length)
    t.equal(whole, code === '' ? HEAD_COMPLETE : HEAD_VIOLATION, `${code || 'complete'} at ${headBytes} octets, ${headFields} fields`)
    if (code !== '') t.equal(parser.violation.code, code)
    parser.reset(0)
    let status = parser.advance(bytes, 0)
    for (let end = 1; status === HEAD_NEED_MORE && end <= bytes.length; end++) status = parser.advance(bytes, end)
    t.equal(status, whole, 'the same octet by octet')
  }
})

t.test('a head that comes octet by octet costs no more than its length', async (t) => {
  // 60,000 octets in one line: searched once, or this would be 1.8 billion looks.
  const bytes = octets(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(60_000)}\r\n\r\n`)
  const parser = new HeadParser(REQUEST, 65_536, 10)
  const begun = process.hrtime.bigint()
  parser.reset(0)
  let status = parser.advance(bytes, 0)
  for (let end = 1; status === HEAD_NEED_MORE; end++) status = parser.advance(bytes.subarray(0, end), end)
  const ms = Number(process.hrtime.bigint() - begun) / 1e6
  t.equal(status, HEAD_COMPLETE)
  t.ok(ms < 1_500, `${Math.round(ms)} ms`)
})

t.test('release lets go of the octets', async (t) => {
  const parser = new HeadParser(REQUEST, 1_000, 10)
  parser.reset(0)
  parser.advance(octets(REQUEST_HEAD), REQUEST_HEAD.length)
  parser.release()
  t.equal(parser.head.fields.bytes.length, 0)
})
