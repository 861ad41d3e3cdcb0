/** Refusals are complete responses that name the rule and close; what announces a close, and what an answer to HEAD keeps. */

import t from 'tap'
import { HTTP1_VIOLATIONS } from '../../../../src/shared/violations/http1.ts'
import { announcesClose, refusalOf, withoutBody } from '../../../../src/workers/layers/http1/refusal.ts'

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

t.test('every violation that a request can be refused for', async (t) => {
  for (const violation of Object.values(HTTP1_VIOLATIONS).filter(({ status }) => status !== 0)) {
    const refusal = refusalOf(violation, violation.status)
    const [head = '', body = ''] = Buffer.from(refusal).toString().split('\r\n\r\n')
    t.match(head, new RegExp(`^HTTP/1\\.1 ${violation.status} [A-Z][A-Za-z -]+\r\n`), violation.code)
    t.notMatch(head, 'Refused', `the status ${violation.status} has its own phrase`)
    t.match(head, `Content-Length: ${Buffer.byteLength(body)}\r\n`)
    t.ok(body.startsWith(`${violation.code}: `) && body.includes(violation.rule))
    t.ok(announcesClose(refusal))
  }
  t.match(latin1(refusalOf(HTTP1_VIOLATIONS.http1_bare_lf, 502)), /^HTTP\/1\.1 502 Bad Gateway\r\n/)
})

const ANSWERS: readonly (readonly [response: string, closes: boolean])[] = [
  ['HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n', true],
  ['HTTP/1.1 200 OK\r\nA: b\r\ncONNECTION:\tClose \r\nC: d\r\n\r\n', true],
  ['HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n', false],
  ['HTTP/1.1 200 OK\r\nX-Connection: close\r\n\r\n', false],
  ['HTTP/1.1 200 OK\r\n\r\n\r\nConnection: close\r\n', false],
]

t.test('announcesClose reads the head only', async (t) => {
  for (const [response, closes] of ANSWERS) t.equal(announcesClose(Buffer.from(response)), closes, JSON.stringify(response))
})

t.test('withoutBody', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n'
  t.equal(latin1(withoutBody(Buffer.from(`${head}a\r\n\r\n`))), head)
  t.equal(latin1(withoutBody(Buffer.from(head))), head)
  t.equal(latin1(withoutBody(Buffer.from(`xx${head}abcd`).subarray(2))), head, 'a view into a larger buffer')
  t.equal(latin1(withoutBody(Buffer.from('cut'))), 'cut')
})
