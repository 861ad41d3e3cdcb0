/**
 * JA3 and JA4 of hellos made for each rule of their definitions.
 */

import t from 'tap'
import type { ClientHello } from '../../../../src/workers/tls/hello/client-hello.ts'
import { ja3, ja3Text } from '../../../../src/workers/tls/hello/ja3.ts'
import { ja4 } from '../../../../src/workers/tls/hello/ja4.ts'
import { bareHello } from '../../../support/octets/bare-hello.ts'

function head(fields: Partial<ClientHello>): string {
  return ja4(bareHello(fields)).slice(0, 10)
}

t.test('nothing offered', async (t) => {
  const hello = bareHello({ cipherSuites: [] })
  t.equal(ja4(hello), 't12i000000_000000000000_000000000000')
  t.equal(ja3Text(hello), '771,,,,')
})

t.test('versions: the highest that is offered and known', async (t) => {
  t.equal(head({ supportedVersions: [0x0a0a, 0x0303, 0x0304] }), 't13i010000')
  t.equal(head({ supportedVersions: [0xfafa, 0x0302] }), 't11i010000')
  t.equal(head({ supportedVersions: [0x0a0a], legacyVersion: 0x0301 }), 't10i010000')
  t.equal(head({ legacyVersion: 0x0300 }), 'ts3i010000')
  t.equal(head({ legacyVersion: 0x0002 }), 'ts2i010000')
  t.equal(head({ supportedVersions: [0x7f17] }), 't00i010000')
})

t.test('counts end at 99 and leave GREASE out', async (t) => {
  const many = Array.from({ length: 130 }, (_, i) => 0x4000 + i)
  t.equal(head({ cipherSuites: [0x1a1a, ...many], extensions: [0x2a2a, 0, ...many] }), 't12d999900')
})

t.test('ALPN: first and last character, or hexadecimal digit', async (t) => {
  const cases = [
    ['h2', 'h2'],
    ['http/1.1', 'h1'],
    ['x', 'xx'],
    ['', '00'],
    ['\xab', 'ab'],
    ['\xab\xcd', 'ad'],
    ['0\xab\xcd', '3d'],
    ['a-', '6d'],
    ['\x0a\x0ah2', '02'],
  ] as const
  for (const [protocol, ends] of cases) t.equal(head({ alpn: [protocol, 'h2'] }), `t12i0100${ends}`, JSON.stringify(protocol))
  // RFC 8701 §2: of ALPN, GREASE is two octets; FoxIO's details ignore it "anywhere".
  t.equal(head({ alpn: ['\x1a\x1a', 'h2'] }), 't12i0100h2')
  t.equal(head({ alpn: ['\xfa\xfa'] }), 't12i010000')
  t.equal(head({ alpn: ['\x1a\x2a', 'h2'] }), 't12i01001a', 'no GREASE')
})

t.test('extensions are sorted, SNI and ALPN left out; signature algorithms keep their order', async (t) => {
  const hello = bareHello({ extensions: [16, 0x000d, 0, 0x0005], signatureAlgorithms: [0x0804, 0x0a0a, 0x0403], alpn: ['h2'] })
  // SHA-256 of `1301`, and of `0005,000d_0804,0403`.
  t.equal(ja4(hello), 't12d0104h2_0f2cb44170f4_814dd4ae778f')
})

t.test('JA3 leaves GREASE out of every list and is 32 digits', async (t) => {
  const hello = bareHello({ cipherSuites: [0x0a0a, 0x1301], extensions: [0xfafa, 0], groups: [0x1a1a, 29], pointFormats: [0, 1] })
  t.equal(ja3Text(hello), '771,4865,0,29,0-1')
  t.match(ja3(hello), /^[0-9a-f]{32}$/)
})
