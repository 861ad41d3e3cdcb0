/** Mirror test of `src/workers/layers/http1/head/plain-head.ts`: text in, text out. */

import fc from 'fast-check'
import t from 'tap'
import { HEAD_BYTES, HEAD_FIELDS } from '../../../../../src/shared/limits/layers/http1.ts'
import { parseAbsoluteForm } from '../../../../../src/shared/targets/absolute-form.ts'
import { HeadParser, RESPONSE } from '../../../../../src/workers/layers/http1/head/head-parser.ts'
import { plainRequestHead, plainResponseHead } from '../../../../../src/workers/layers/http1/head/plain-head.ts'
import { messageHeadOf } from '../../../../support/octets/field-section-of.ts'

const NOTHING = { via: false, close: false }

function request(startLine: string, lines: string[], options = NOTHING): string[] {
  const head = messageHeadOf(startLine, ...lines)
  const target = parseAbsoluteForm(head.method, head.target)
  if ('code' in target) throw new Error(target.code)
  return textLines(plainRequestHead(head, target, options))
}

function response(startLine: string, lines: string[], options = NOTHING): string[] {
  return textLines(plainResponseHead(messageHeadOf(startLine, ...lines), options))
}

/** The lines of a head, without the empty one that must end it. */
function textLines(head: Uint8Array): string[] {
  const lines = Buffer.from(head).toString('latin1').split('\r\n')
  if (lines.pop() !== '' || lines.pop() !== '') throw new Error('the head does not end in an empty line')
  return lines
}

const GET = 'GET http://a.example:8080/x?y HTTP/1.1'

t.test('target and Host', async (t) => {
  t.same(request(GET, ['Host: b.example']), ['GET /x?y HTTP/1.1', 'Host: a.example:8080'])
  t.same(request(GET, ['X: 1', 'hOsT:   b.example  ', 'Y: 2']), ['GET /x?y HTTP/1.1', 'X: 1', 'hOsT:   a.example:8080', 'Y: 2'])
  t.same(request(GET, ['Host:']), ['GET /x?y HTTP/1.1', 'Host:a.example:8080'])
  t.same(request(GET, ['Host: a', 'X: 1', 'host: b']), ['GET /x?y HTTP/1.1', 'Host: a.example:8080', 'X: 1'], 'one Host, whatever came')
  t.same(request('GET http://A.example HTTP/1.0', ['X: 1']), ['GET / HTTP/1.0', 'Host: A.example', 'X: 1'])
  t.same(request('GET http://a.example HTTP/1.0', []), ['GET / HTTP/1.0', 'Host: a.example'])
  t.same(request('OPTIONS http://a.example HTTP/1.1', ['Host: a.example']), ['OPTIONS * HTTP/1.1', 'Host: a.example'])
  t.same(request('PURGE http://[::1]?q HTTP/1.1', ['Host: x']), ['PURGE /?q HTTP/1.1', 'Host: [::1]'])
})

t.test('fields of one hop go, the rest keeps order, case and spacing', async (t) => {
  const kept = ['aCCept:*', 'Host:  a.example:8080', 'X-Empty:', 'cookie: a=1;  b=2\t', 'Cookie: c', 'Content-Length: 3']
  const hop = [
    'Connection: keep-alive',
    'Proxy-Connection: Keep-Alive',
    'Keep-Alive: timeout=5',
    'TE: trailers',
    'Proxy-Authorization: Basic eDp5',
  ]
  for (let at = 0; at <= kept.length; at++) {
    const lines = [...kept.slice(0, at), ...hop, ...kept.slice(at)]
    t.same(
      request(GET, lines),
      ['GET /x?y HTTP/1.1', ...kept].map((line) => (line.startsWith('Host') ? 'Host:  a.example:8080' : line)),
    )
  }
})

t.test('what Connection names goes too, but never what frames or routes the message', async (t) => {
  const lines = ['Host: a', 'CONNECTION: X-One,, x-TWO ,close', 'X-One: 1', 'x-two: 2', 'X-Three: 3', 'Connection: x-three', 'X-Four: 4']
  t.same(request(GET, lines), ['GET /x?y HTTP/1.1', 'Host: a.example:8080', 'X-Four: 4'])
  const framing = ['Content-Length: 1', 'Transfer-Encoding: chunked', 'Trailer: X']
  t.same(request(GET, ['Host: a', 'Connection: host, content-length, Transfer-Encoding, trailer', ...framing]), [
    'GET /x?y HTTP/1.1',
    'Host: a.example:8080',
    ...framing,
  ])
})

t.test('Upgrade', async (t) => {
  const line = 'GET /x?y HTTP/1.1'
  const host = 'Host: a.example:8080'
  t.same(request(GET, ['Host: a', 'Connection: keep-alive, uPgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13']), [
    line,
    host,
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Connection: Upgrade',
  ])
  t.same(request(GET, ['Host: a', 'Upgrade: websocket']), [line, host], 'not named by Connection')
  t.same(request(GET, ['Host: a', 'Connection: upgrade']), [line, host], 'nothing to upgrade to')
  t.same(request(GET, ['Host: a', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: AA']), [line, host], 'h2c')
  t.same(response('HTTP/1.1 101 Switching Protocols', ['Upgrade: websocket', 'Connection: Upgrade']), [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
  ])
  t.same(response('HTTP/1.1 200 OK', ['Upgrade: h2', 'Connection: Upgrade']), ['HTTP/1.1 200 OK'])
})

t.test('responses', async (t) => {
  const lines = ['Server: x', 'Connection: close, X-Hop', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'Transfer-Encoding: chunked', 'Trailer: X-T']
  t.same(response('HTTP/1.1 200 Very  OK', lines), ['HTTP/1.1 200 Very  OK', 'Server: x', 'Transfer-Encoding: chunked', 'Trailer: X-T'])
  t.same(response('HTTP/1.0 204', []), ['HTTP/1.0 204'])
  t.same(response('HTTP/1.1 407 No', ['Proxy-Authenticate: Basic realm="phish"']), ['HTTP/1.1 407 No'])
})

t.test('what is added', async (t) => {
  t.same(request(GET, ['Host: a', 'X: 1'], { via: true, close: true }), [
    'GET /x?y HTTP/1.1',
    'Host: a.example:8080',
    'X: 1',
    'Via: 1.1 soth-mitm',
    'Connection: close',
  ])
  t.same(response('HTTP/1.0 200 OK', ['Via: 1.1 other'], { via: true, close: false }), [
    'HTTP/1.0 200 OK',
    'Via: 1.1 other',
    'Via: 1.0 soth-mitm',
  ])
})

t.test('property: no line is invented, none is reordered, one Host is left', async (t) => {
  const names = ['Host', 'Connection', 'X-A', 'x-b', 'Content-Length', 'TE', 'Keep-Alive', 'Upgrade', 'Proxy-Authorization']
  const values = ['', 'a', 'x-a', 'X-B, close', 'upgrade', 'content-length, host', 'h2c']
  const line = fc.tuple(fc.constantFrom(...names), fc.constantFrom(...values)).map(([name, value]) => `${name}: ${value}`)
  const property = fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
    const [startLine, ...out] = request(GET, lines)
    if (startLine !== 'GET /x?y HTTP/1.1') throw new Error('request line')
    if (out.filter((one) => /^host:/i.test(one)).length !== 1) throw new Error('Host')
    let at = 0
    for (const one of out) {
      if (/^host:/i.test(one) || one === 'Connection: Upgrade') continue
      while (at < lines.length && lines[at] !== one) at++
      if (at++ === lines.length) throw new Error(`${one} is new or out of order`)
    }
    const lengths = (all: readonly string[]) => all.filter((one) => one.startsWith('Content-Length')).length
    if (lengths(out) !== lengths(lines)) throw new Error('framing')
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1_000 }))
})

t.test('a response behind another in the same read', async (t) => {
  const before = 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nno line e'
  const bytes = Buffer.from(`${before}HTTP/1.1 404 Not Here\r\nConnection: close\r\nX: 1\r\n\r\n`, 'latin1')
  const parser = new HeadParser(RESPONSE, HEAD_BYTES, HEAD_FIELDS)
  parser.reset(before.length)
  parser.advance(bytes, bytes.length)
  t.same(textLines(plainResponseHead(parser.head, NOTHING)), ['HTTP/1.1 404 Not Here', 'X: 1'])
})
