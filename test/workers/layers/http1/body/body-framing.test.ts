/** Body framing: the rules of RFC 9112 §6.3 in their order, for requests and for responses to each kind of request. */

import t from 'tap'
import type { Violation } from '../../../../../src/shared/violations/violation.ts'
import type { MessageHead } from '../../../../../src/workers/layers/http/message-head.ts'
import { frameRequest, frameResponse } from '../../../../../src/workers/layers/http1/body/body-framing.ts'
import { HEAD_COMPLETE, HeadParser, REQUEST, RESPONSE } from '../../../../../src/workers/layers/http1/head/head-parser.ts'

function outcome(head: MessageHead, violation: Violation | undefined): string {
  if (violation !== undefined) return violation.code.replace('http1_', '')
  return head.framing === 'length' ? `length ${head.contentLength}` : `${head.framing}${head.contentLength === -1 ? '' : ' ?'}`
}

function parsed(kind: typeof REQUEST | typeof RESPONSE, text: string): HeadParser {
  const parser = new HeadParser(kind, 10_000, 100)
  const bytes = Buffer.from(text, 'latin1')
  parser.reset(0)
  if (parser.advance(bytes, bytes.length) !== HEAD_COMPLETE) throw new Error(`no head: ${text}`)
  return parser
}

function request(line: string, ...fields: string[]): string {
  const { head, facts } = parsed(REQUEST, `${[`${line} HTTP/1.1`, ...fields].join('\r\n')}\r\n\r\n`)
  return outcome(head, frameRequest(head, facts, head.method === 'CONNECT'))
}

function response(answers: string, status: string, ...fields: string[]): string {
  const { head, facts } = parsed(RESPONSE, `${[status, ...fields].join('\r\n')}\r\n\r\n`)
  return outcome(head, frameResponse(head, facts, answers === 'HEAD', answers === 'CONNECT'))
}

const HOST = 'Host: a'
const CHUNKED = 'Transfer-Encoding: chunked'
const LENGTH = 'Content-Length: 5'

t.test('requests', async (t) => {
  t.equal(request('GET /', HOST), 'none')
  t.equal(request('POST /', HOST, LENGTH), 'length 5')
  t.equal(request('POST /', HOST, 'Content-Length: 0'), 'length 0')
  t.equal(request('GET /', HOST, CHUNKED), 'chunked')
  t.equal(request('CONNECT a:1', HOST), 'none')
  t.equal(request('CONNECT a:1', HOST, 'Content-Length: 0'), 'none')
  t.equal(request('CONNECT a:1', HOST, LENGTH), 'connect_with_content')
  t.equal(request('CONNECT a:1', HOST, CHUNKED), 'connect_with_content')
  t.equal(request('GET /'), 'missing_host')
  t.equal(request('GET /', HOST, HOST), 'duplicate_host')
  t.equal(request('GET /', 'Host: a b'), 'bad_host')
  t.equal(request('GET *', HOST), 'bad_target')
})

t.test('HTTP/1.0 requests', async (t) => {
  const { head, facts } = parsed(REQUEST, 'GET / HTTP/1.0\r\n\r\n')
  t.equal(outcome(head, frameRequest(head, facts, false)), 'none', 'no Host needed')
})

/** What breaks a rule of length in either direction; responses of HTTP/1.0 are written out. */
const BROKEN: readonly (readonly [fields: readonly string[], code: string])[] = [
  [[CHUNKED, LENGTH], 'transfer_encoding_with_content_length'],
  [[CHUNKED, CHUNKED], 'duplicate_transfer_encoding'],
  [['Transfer-Encoding: gzip'], 'bad_transfer_encoding'],
  [['Transfer-Encoding: gzip, chunked'], 'unknown_transfer_coding'],
  [[LENGTH, LENGTH], 'duplicate_content_length'],
  [['Content-Length: x'], 'bad_content_length'],
  [['Content-Length: 99999999999999999'], 'content_length_too_large'],
  [['Content_Length: 5'], 'disguised_framing_field'],
  [['Transfer_Encoding: x', LENGTH], 'disguised_framing_field'],
]

t.test('rules of length, both ways', async (t) => {
  for (const [fields, code] of BROKEN) {
    t.equal(request('POST /', HOST, ...fields), code)
    for (const answers of ['GET', 'HEAD', 'CONNECT']) t.equal(response(answers, 'HTTP/1.1 200 OK', ...fields), code, `${answers} ${fields}`)
  }
  t.equal(response('GET', 'HTTP/1.0 200 OK', CHUNKED), 'transfer_encoding_in_http10')
})

const RESPONSES: readonly (readonly [answers: string, status: number, fields: readonly string[], result: string])[] = [
  ['GET', 200, [], 'close'],
  ['GET', 200, [LENGTH], 'length 5'],
  ['GET', 200, [CHUNKED], 'chunked'],
  ['GET', 404, [], 'close'],
  ['HEAD', 200, [LENGTH], 'none'],
  ['HEAD', 200, [CHUNKED], 'none'],
  ['GET', 304, [LENGTH], 'none'],
  ['GET', 304, [CHUNKED], 'none'],
  ['GET', 204, ['Content-Length: 0'], 'none'],
  ['GET', 204, [LENGTH], 'forbidden_content_length'],
  ['GET', 204, [CHUNKED], 'forbidden_transfer_encoding'],
  ['GET', 100, [], 'none'],
  ['GET', 103, [LENGTH], 'forbidden_content_length'],
  ['GET', 101, ['Upgrade: x'], 'none'],
  ['GET', 101, [], 'unasked_upgrade'],
  ['CONNECT', 200, [], 'none'],
  ['CONNECT', 299, [LENGTH], 'forbidden_content_length'],
  ['CONNECT', 200, [CHUNKED], 'forbidden_transfer_encoding'],
  ['CONNECT', 407, [LENGTH], 'length 5'],
  ['CONNECT', 302, [], 'close'],
]

t.test('responses, by what they answer', async (t) => {
  for (const [answers, status, fields, result] of RESPONSES) {
    t.equal(response(answers, `HTTP/1.1 ${status} x`, ...fields), result, `${status} to ${answers} with ${fields}`)
  }
})
