/**
 * Start lines: what request and status lines give or break, cut anywhere, and which targets a method allows (RFC 9112 §3, §4).
 */

import t from 'tap'
import { MessageHead } from '../../../../../src/workers/layers/http/message-head.ts'
import { INCOMPLETE } from '../../../../../src/workers/layers/http1/head/field-line.ts'
import { isTargetOfMethod, parseRequestLine, parseStatusLine } from '../../../../../src/workers/layers/http1/head/start-line.ts'

type Parse = typeof parseRequestLine

function run(parse: Parse, text: string, stop = text.length): { head: MessageHead; result: string } {
  const bytes = Buffer.from(text, 'latin1')
  const head = new MessageHead()
  head.fields.reset(bytes, 0)
  const result = parse(bytes, 0, stop, head)
  if (typeof result !== 'number') return { head, result: result.code }
  return { head, result: result === INCOMPLETE ? 'INCOMPLETE' : 'line' }
}

function request(text: string, stop?: number): string {
  const { head, result } = run(parseRequestLine, text, stop)
  return result === 'line' ? `${head.method}|${head.target}|${head.version}` : result
}

function status(text: string, stop?: number): string {
  const { head, result } = run(parseStatusLine, text, stop)
  return result === 'line' ? `${head.status}|${head.version}` : result
}

type Table = readonly (readonly [line: string, result: string])[]

const REQUESTS: Table = [
  ['GET / HTTP/1.1\r\n', 'GET|/|11'],
  ['GET / HTTP/1.0\r\n', 'GET|/|10'],
  ['m!#~ *"{|} HTTP/1.1\r\nrest', 'm!#~|*"{|}|11'],
  ['GET  / HTTP/1.1\r\n', 'http1_bad_request_line'],
  [' GET / HTTP/1.1\r\n', 'http1_bad_request_line'],
  ['GET /  HTTP/1.1\r\n', 'http1_bad_request_line'],
  ['GET / HTTP/1.1 \r\n', 'http1_bad_request_line'],
  ['GET / x HTTP/1.1\r\n', 'http1_bad_request_line'],
  ['GET / FTP/1.1\r\n', 'http1_bad_request_line'],
  ['GET\r\n', 'http1_bad_request_line'],
  ['G(T / HTTP/1.1\r\n', 'http1_bad_method'],
  ['GET\t/ HTTP/1.1\r\n', 'http1_bad_method'],
  ['GET /\t HTTP/1.1\r\n', 'http1_bad_target'],
  ['GET /\xe9 HTTP/1.1\r\n', 'http1_bad_target'],
  ['GET /\r\n', 'http1_missing_version'],
  ['GET / HTTP/1.1x\r\n', 'http1_bad_version'],
  ['GET / HTTP/11\r\n', 'http1_bad_version'],
  ['GET / http/1.1\r\n', 'http1_bad_request_line'],
  ['GET / HTTP/1.2\r\n', 'http1_unsupported_version'],
  ['GET / HTTP/2.0\r\n', 'http1_unsupported_version'],
  ['GET\n', 'http1_bare_lf'],
  ['GET /\n', 'http1_bare_lf'],
  ['GET / HTTP/1.1\n', 'http1_bare_lf'],
  ['GET\r/ HTTP/1.1\r\n', 'http1_bare_cr'],
  ['GET /\r HTTP/1.1\r\n', 'http1_bare_cr'],
  ['GET / HTTP/1.1\r\r\n', 'http1_bare_cr'],
]

const STATUSES: Table = [
  ['HTTP/1.1 200 OK\r\n', '200|11'],
  ['HTTP/1.0 404 \xe9 not\tfound\r\n', '404|10'],
  ['HTTP/1.1 204 \r\nrest', '204|11'],
  ['HTTP/1.1 999\r\n', '999|11'],
  ['HTTP/1.1 100\r\n', '100|11'],
  ['HTTP/1.1 099 x\r\n', 'http1_bad_status_line'],
  ['HTTP/1.1 20\r\n', 'http1_bad_status_line'],
  ['HTTP/1.1 2000\r\n', 'http1_bad_status_line'],
  ['HTTP/1.1 2x0 OK\r\n', 'http1_bad_status_line'],
  ['HTTP/1.1  200 OK\r\n', 'http1_bad_status_line'],
  ['HTTP/1.1\t200 OK\r\n', 'http1_bad_status_line'],
  ['HTTP/1.1 200 O\0K\r\n', 'http1_bad_status_line'],
  ['http/1.1 200 OK\r\n', 'http1_bad_status_line'],
  ['\r\n', 'http1_bad_status_line'],
  ['HTTP/1.2 200 OK\r\n', 'http1_unsupported_version'],
  ['HTTP/2.0 200 OK\r\n', 'http1_unsupported_version'],
  ['ICY 200 OK\r\n', 'http1_bad_status_line'],
  ['HTTP/1.1 200 OK\n', 'http1_bare_lf'],
  ['HTTP/1.1 200 O\rK\r\n', 'http1_bare_cr'],
]

for (const [name, parse, table] of [
  ['request lines', request, REQUESTS],
  ['status lines', status, STATUSES],
] as const) {
  t.test(name, async (t) => {
    for (const [line, result] of table) t.equal(parse(line), result, JSON.stringify(line))
  })

  t.test(`${name}, cut before the LF, are incomplete`, async (t) => {
    for (const [line, result] of table.filter(([, result]) => result.includes('|'))) {
      const end = line.indexOf('\n')
      const early = Array.from({ length: end + 1 }, (_, stop) => parse(line, stop)).filter((cut) => cut !== 'INCOMPLETE')
      t.same(early, [], JSON.stringify(line))
      t.equal(parse(line, end + 1), result)
    }
  })
}

const TARGETS: readonly (readonly [method: string, target: string, valid: boolean, authority?: string])[] = [
  ['GET', '/', true],
  ['GET', '/a:b//c', true],
  ['GET', '//x', true],
  ['GET', '*', false],
  ['OPTIONS', '*', true],
  ['OPTIONS', '**', false],
  ['options', '*', false],
  ['GET', 'a', false],
  ['GET', 'a:443', false],
  ['GET', '?q', false],
  ['GET', 'http://a', true, 'a'],
  ['GET', 'http://a.example:80?q', true, 'a.example:80'],
  ['GET', 'ws://[::1]:8?f', true, '[::1]:8'],
  ['GET', 'x?y=http://a/', false],
  ['GET', '1http://a/', false],
  ['GET', 'a/b://c', false],
  ['GET', 'http://', false],
  ['GET', 'http:///x', false],
  ['GET', 'http:/x', false],
  ['GET', '://a', false],
  ['GET', 'http://u@a/', false],
  ['CONNECT', 'a:443', true],
  ['CONNECT', '[::1]:443', true],
  ['CONNECT', 'a', false],
  ['CONNECT', 'a:', false],
  ['CONNECT', ':443', false],
  ['CONNECT', 'a:443/', false],
  ['CONNECT', '/', false],
]

t.test('the form of a target, by method', async (t) => {
  for (const [method, target, valid, authority = ''] of TARGETS) {
    const { head } = run(parseRequestLine, `${method} ${target} HTTP/1.1\r\n`)
    t.equal(isTargetOfMethod(head, method === 'CONNECT'), valid, `${method} ${target}`)
    if (valid) t.equal(head.authority, authority, `${target}: the authority that outranks Host (RFC 9112 §3.2.2)`)
  }
})
