/**
 * What a ServerHello chose, what a HelloRetryRequest is, and which octets are neither (RFC 8446 §4.1.3).
 */

import fc from 'fast-check'
import t from 'tap'
import { decodeServerHello, isTls13, type ServerHello } from '../../../../src/workers/tls/hello/server-hello.ts'
import { alpnBody, concat, u16, vector8, vector16 } from '../../../support/octets/hello-bytes.ts'

type Extension = readonly [type: number, body: Uint8Array]

function bytes(extensions: readonly Extension[] | undefined, legacyVersion = 0x0303, random: Uint8Array = new Uint8Array(32)): Uint8Array {
  const block = extensions === undefined ? [] : vector16(concat(...extensions.map(([type, body]) => concat(u16(type), vector16(body)))))
  return concat(u16(legacyVersion), random, vector8([1, 2, 3]), u16(0xc02f), [0], block)
}

function decode(body: Uint8Array): ServerHello | string {
  const hello = decodeServerHello(body, 0, body.length)
  return 'code' in hello ? hello.code : hello
}

const PLAIN = { version: 0x0303, cipherSuite: 0xc02f, alpn: undefined, pskAccepted: false, retryRequest: false }

t.test('what the server chose', async (t) => {
  t.strictSame(decode(bytes(undefined)), PLAIN, 'no extensions at all')
  t.strictSame(decode(bytes([])), PLAIN)
  t.strictSame(decode(bytes([[16, alpnBody('h2')]])), { ...PLAIN, alpn: 'h2' })
  t.strictSame(decode(bytes([[43, Uint8Array.of(3, 4)]])), { ...PLAIN, version: 0x0304 })
  t.strictSame(decode(bytes([[41, Uint8Array.of(0, 0)]])), { ...PLAIN, pskAccepted: true })
  t.strictSame(decode(bytes([[0xff01, Uint8Array.of(0)]], 0x0301)), { ...PLAIN, version: 0x0301 })
})

t.test('a HelloRetryRequest is known by its random', async (t) => {
  const random = Uint8Array.from(Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex'))
  t.strictSame(decode(bytes([[43, Uint8Array.of(3, 4)]], 0x0303, random)), { ...PLAIN, version: 0x0304, retryRequest: true })
  t.strictSame(decode(bytes([], 0x0303, random.with(31, 0))), PLAIN)
})

t.test('lengths that do not fit', async (t) => {
  const whole = bytes([[16, alpnBody('h2')]])
  for (let end = 0; end < whole.length; end++) {
    // The message is complete as well where it ends before its extensions.
    const expected = end === 2 + 32 + 4 + 2 + 1 ? PLAIN : 'tls_record_server_hello_malformed'
    t.strictSame(decode(whole.subarray(0, end)), expected, `of ${end}`)
  }
  t.equal(decode(concat(whole, [0])), 'tls_record_server_hello_malformed')
  t.equal(decode(bytes([[43, Uint8Array.of(3)]])), 'tls_record_server_hello_malformed')
  t.equal(decode(concat(u16(0x0303), new Uint8Array(32), vector8(new Uint8Array(33)), u16(1), [0])), 'tls_record_server_hello_malformed')
})

t.test('versions that are TLS 1.3', async (t) => {
  t.ok(isTls13(0x0304))
  t.ok(isTls13(0x7f17))
  t.notOk(isTls13(0x0303))
  t.notOk(isTls13(0x7e01))
})

t.test('property: any octets are a hello or a violation', async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (body) => typeof decode(body) !== 'undefined'),
      { numRuns: 2000 },
    ),
  )
})
