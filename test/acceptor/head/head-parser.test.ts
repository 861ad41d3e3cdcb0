/** Mirror test of `src/acceptor/head/head-parser.ts`. */

import { deepStrictEqual, equal } from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { HeadParser, isViolation, NEED_MORE } from '../../../src/acceptor/head/head-parser.ts'
import { CONNECT_VIOLATIONS } from '../../../src/shared/violations/connect.ts'
import { chunkings } from '../../support/chunkings.ts'
import { type HeadFacts, parseHead, parseText } from '../../support/recorders/parse-head.ts'
import { malformedHeads } from '../malformed-heads.ts'

const HELLO = '\x16\x03\x01\x02\x00\x01'
/** Octet by octet, 64 KiB heads are fed in a test of their own. */
const ALL_SPLITS_MAX_BYTES = 1_024

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'latin1')
}

t.test('a CONNECT head, in every split, with the ClientHello that follows', async (t) => {
  const head = 'CONNECT Example.COM.:443 HTTP/1.1\r\nHost: example.com:443\r\nUser-Agent:\t a b \t\r\nX:\r\n\r\n'
  const expected: HeadFacts = {
    kind: 'connect',
    method: 'CONNECT',
    target: 'Example.COM.:443',
    host: 'example.com',
    port: 443,
    path: '',
    version: 11,
    fields: ['Host=example.com:443', 'User-Agent=a b', 'X='],
    raw: head,
    rest: HELLO,
  }
  for (const chunks of chunkings(bytes(head + HELLO))) t.same(parseHead(chunks), expected)
})

t.test('a plain request head, in every split, with its content', async (t) => {
  const head = 'POST HTTP://A.example:8080?q=1 HTTP/1.0\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n'
  for (const chunks of chunkings(bytes(`\r\n${head}ok`))) {
    t.match(parseHead(chunks), { kind: 'plain', host: 'a.example', port: 8080, path: '/?q=1', version: 10, raw: head, rest: 'ok' })
  }
})

t.test('requests to the proxy itself', async (t) => {
  t.match(parseText('GET /ca.pem?x HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n'), { kind: 'local', path: '/ca.pem?x', host: '', port: 0 })
  t.match(parseText('OPTIONS * HTTP/1.1\r\nHost: proxy\r\n\r\n'), { kind: 'local', path: '*' })
  t.match(parseText('GET / HTTP/1.0\r\n\r\n'), { kind: 'local', path: '/' }, 'HTTP/1.0 needs no Host')
})

t.test('what real clients send', async (t) => {
  t.match(parseText('CONNECT abc:443 HTTP/1.1\r\nUser-Agent: x\r\n\r\n'), { host: 'abc' }, 'no Host on CONNECT')
  t.match(parseText('CONNECT a.example:443 HTTP/1.1\r\nHost: b.example\r\n\r\n'), { host: 'a.example' }, 'the target decides')
  t.match(parseText('CONNECT a.example:443 HTTP/1.1\r\nHost:\r\n\r\n'), { host: 'a.example' }, 'empty Host')
  t.match(parseText('CONNECT a.example:443 HTTP/1.0\r\nContent-Length: 0\r\n\r\n'), { port: 443 }, 'WinINet')
  t.match(parseText('CONNECT a.example:443 HTTP/1.7\r\n\r\n'), { version: 11 }, 'a higher minor version (RFC 9110 §2.5)')
  t.match(parseText('CONNECT a_b.example:00443 HTTP/1.1\r\n\r\n'), { host: 'a_b.example', port: 443 })
  t.match(parseText('CONNECT [2001:DB8::0:1]:1 HTTP/1.1\r\n\r\n'), { host: '2001:db8::1', port: 1 })
  t.match(parseText('CONNECT [::ffff:127.0.0.1]:65535 HTTP/1.1\r\n\r\n'), { host: '127.0.0.1', port: 65_535 })
  t.match(parseText('CONNECT 0x7f.1:443 HTTP/1.1\r\n\r\n'), { host: '127.0.0.1' })
  t.match(parseText('OPTIONS http://a.example HTTP/1.1\r\nHost: a.example\r\n\r\n'), { kind: 'plain', path: '*', port: 80 })
  t.match(parseText('GET http://a.example HTTP/1.1\r\nHost: b.example\r\n\r\n'), { kind: 'plain', path: '/', host: 'a.example' })
  t.match(parseText('PROXY http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n'), { kind: 'plain', method: 'PROXY' })
  t.match(parseText('PRIx http://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n'), { kind: 'plain', method: 'PRIx' })
  t.match(parseText('P http://a.example/ HTTP/1.1\r\nHost: a.example\r\nX: \xff\r\n\r\n'), { fields: ['Host=a.example', 'X=\xff'] })
})

t.test('malformed heads', async (t) => {
  t.ok(malformedHeads.length >= 60, `${malformedHeads.length} rows`)
  t.equal(new Set(malformedHeads.map((row) => row.name)).size, malformedHeads.length, 'names are unique')
  for (const row of malformedHeads) {
    t.equal(CONNECT_VIOLATIONS[row.code].status, row.status, `${row.name}: status`)
    t.equal(parseHead([row.raw], undefined, row.ends), row.code, `${row.name}: whole`)
    if (row.raw.length > ALL_SPLITS_MAX_BYTES) continue
    for (const chunks of chunkings(row.raw)) {
      const code = parseHead(chunks, undefined, row.ends)
      if (code !== row.code) t.fail(`${row.name}: ${String(code)} in ${chunks.length} chunks`)
    }
  }
  const covered = new Set<string>(malformedHeads.map((row) => row.code))
  t.same(
    Object.keys(CONNECT_VIOLATIONS).filter((code) => !covered.has(code)),
    [],
    'every violation of the table has a row',
  )
})

t.test('violations come at the earliest octet', async (t) => {
  const early: [string, string][] = [
    ['\x16', 'connect_tls_to_plain_port'],
    ['\x05', 'connect_socks5'],
    ['PRI ', 'connect_http2_preface'],
    ['PROXY T', 'connect_proxy_protocol'],
    ['\r\n\r\n\0', 'connect_proxy_protocol'],
    ['CONNECT a:1 HTTP/1.1\r\nX y\r\n', 'connect_space_before_colon'],
  ]
  for (const [text, code] of early) {
    t.equal(parseText(text.slice(0, -1)), 'NEED_MORE')
    t.equal(parseText(text), code)
  }
})

t.test('limits are exact', async (t) => {
  const head = 'CONNECT a.example:443 HTTP/1.1\r\nA: 1\r\nB: 2\r\n\r\n'
  const exact = { headBytes: head.length, headFields: 2 }
  for (const chunks of chunkings(bytes(head + HELLO))) {
    t.match(parseHead(chunks, exact), { rest: HELLO })
    t.equal(parseHead(chunks, { ...exact, headBytes: head.length - 1 }), 'connect_head_too_large')
    t.equal(parseHead(chunks, { ...exact, headBytes: 20 }), 'connect_target_too_long')
    t.equal(parseHead(chunks, { ...exact, headFields: 1 }), 'connect_too_many_fields')
  }
})

t.test('keeps no more than the limit, and reads a trickling head in linear time', async (t) => {
  const limits = { headBytes: 1_048_576, headFields: 256 }
  const parser = new HeadParser(limits)
  const octet = bytes('a')
  const started = process.hrtime.bigint()
  parser.execute(bytes('CONNECT a.example:443 HTTP/1.1\r\nX: '))
  let outcome: ReturnType<HeadParser['execute']> = NEED_MORE
  let octets = 0
  while (outcome === NEED_MORE && octets <= limits.headBytes) {
    outcome = parser.execute(octet)
    octets++
  }
  const ms = Number(process.hrtime.bigint() - started) / 1e6
  t.ok(isViolation(outcome) && outcome.code === 'connect_head_too_large')
  t.equal(parser.bytesKept, limits.headBytes)
  // Quadratic work would be 5 × 10¹¹ octets; linear work takes some 200 ms here.
  t.ok(ms < 10_000, `1 MiB octet by octet in ${Math.round(ms)} ms`)
})

t.test('an end without a head', async (t) => {
  t.equal(new HeadParser({ headBytes: 1_024, headFields: 8 }).finish(), undefined, 'nothing was sent')
  t.throws(() => {
    const parser = new HeadParser({ headBytes: 1_024, headFields: 8 })
    parser.execute(bytes('\x16'))
    parser.execute(bytes('\x03'))
  }, /invariant/)
})

t.test('properties: an outcome for any bytes, the same whatever the splits', async (t) => {
  const fragments = ['CONNECT ', 'GET ', 'a.example', ':443', 'http://', '[::1]', ' HTTP/1.1', '\r\n', '\r', '\n', 'Host', ': ', ' ', '\t']
  const piece = fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...fragments) },
    { weight: 1, arbitrary: fc.string({ unit: 'binary-ascii', maxLength: 4 }) },
  )
  const input = fc.oneof(
    fc.uint8Array({ maxLength: 80 }),
    fc.array(piece, { maxLength: 24 }).map((parts) => bytes(parts.join(''))),
    fc.tuple(fc.constantFrom(...malformedHeads.filter((row) => row.raw.length < 200)), fc.nat(199), fc.nat(255)).map(([row, at, octet]) => {
      const mutated = row.raw.slice()
      mutated[at % mutated.length] = octet
      return mutated
    }),
  )
  const limits = { headBytes: 96, headFields: 3 }
  const property = fc.property(input, fc.integer(), (raw, seed) => {
    const whole = parseHead([raw], limits)
    for (const chunks of chunkings(raw, seed)) deepStrictEqual(parseHead(chunks, limits), whole)
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 400 }))
})

t.test('properties: a built head is read as it was built', async (t) => {
  const label = fc.stringMatching(/^[a-z][a-z0-9-]{0,20}[a-z]$/)
  const built = fc.record({
    host: fc.array(label, { minLength: 1, maxLength: 4 }),
    port: fc.integer({ min: 1, max: 65_535 }),
    rest: fc.uint8Array(),
  })
  const property = fc.property(built, ({ host, port, rest }) => {
    const name = host.join('.')
    const text = bytes(`CONNECT ${name.toUpperCase()}:${port} HTTP/1.1\r\nHost: ${name}:${port}\r\n\r\n`)
    const head = parseHead([Buffer.concat([text, rest])])
    if (typeof head === 'string') throw new Error(head)
    deepStrictEqual([head.kind, head.host, head.port], ['connect', name, port])
    equal(head.rest, Buffer.from(rest).toString('latin1'))
  })
  t.doesNotThrow(() => fc.assert(property))
})

/** Dialogues of suricata-verify (MIT): the client's octets, as one CONNECT and what comes after it. */
const corpora = process.env['SOTH_CORPORA'] ?? ''
t.test('recorded CONNECT dialogues', { skip: corpora === '' && 'SOTH_CORPORA is not set' }, async (t) => {
  const folder = join(corpora, 'connect-flows')
  for (const name of readdirSync(folder).filter((entry) => entry !== 'SOURCE.txt')) {
    const lines = readFileSync(join(folder, name, 'input.txt'), 'latin1').split('\n')
    const sent = lines.filter((line) => line.startsWith('c2s ')).map((line) => withOctets(line.slice(4)))
    t.match(parseText(sent.join('')), { kind: 'connect', host: 'abc', port: 443, rest: sent.slice(1).join('') }, name)
  }
})

function withOctets(text: string): string {
  return text
    .replaceAll('\\r', '\r')
    .replaceAll('\\n', '\n')
    .replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}
