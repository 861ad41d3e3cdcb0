/**
 * Fingerprints that are remembered are those that would be reckoned: for every field that they depend on, changed one at a time.
 */

import t from 'tap'
import { HELLO_FINGERPRINTS } from '../../../../src/shared/limits/tls.ts'
import type { ClientHello } from '../../../../src/workers/tls/hello/client-hello.ts'
import { fingerprints } from '../../../../src/workers/tls/hello/fingerprints.ts'
import { ja3 } from '../../../../src/workers/tls/hello/ja3.ts'
import { ja4 } from '../../../../src/workers/tls/hello/ja4.ts'
import { bareHello } from '../../../support/octets/bare-hello.ts'

const FIELDS: Partial<ClientHello> = {
  alpn: ['h2', 'http/1.1'],
  supportedVersions: [0x0304, 0x0303],
  cipherSuites: [0x1301, 0x1302],
  extensions: [0x0000, 0x000d, 0x0010],
  groups: [29, 23],
  pointFormats: [0],
  signatureAlgorithms: [0x0403, 0x0804],
}

const CHANGES: readonly Partial<ClientHello>[] = [
  { legacyVersion: 0x0302 },
  { alpn: ['http/1.1'] },
  { alpn: [] },
  { supportedVersions: [0x0303] },
  { supportedVersions: [], cipherSuites: [0x0304, 0x0303, 0x1301, 0x1302] },
  { cipherSuites: [0x1302, 0x1301] },
  { cipherSuites: [0x1301], extensions: [0x1302, 0x0000, 0x000d, 0x0010] },
  { extensions: [0x000d, 0x0000, 0x0010] },
  { extensions: [0x000d, 0x0010] },
  { groups: [29] },
  { groups: [29, 23, 0], pointFormats: [] },
  { pointFormats: [0, 1] },
  { signatureAlgorithms: [0x0804, 0x0403] },
]

t.test('equal to what is reckoned, first and again', async (t) => {
  for (const change of [{}, ...CHANGES]) {
    const hello = bareHello({ ...FIELDS, ...change })
    const reckoned = { ja3: ja3(hello), ja4: ja4(hello) }
    t.same(fingerprints(hello), reckoned, JSON.stringify(change))
    t.same(fingerprints(hello), reckoned, 'again')
  }
})

t.test('one kind of hello, whatever it is called, shares or greases with', async (t) => {
  const first = fingerprints(bareHello({ ...FIELDS, groups: [0x0a0a, 29, 23], sni: 'one.test' }))
  const second = fingerprints(bareHello({ ...FIELDS, groups: [0xfafa, 29, 23], sni: 'two.test', keyShareGroups: [23] }))
  t.equal(second, first, 'not reckoned again')
})

t.test('bounded: the oldest is forgotten', async (t) => {
  const hello = bareHello(FIELDS)
  const first = fingerprints(hello)
  for (let n = 0; n < HELLO_FINGERPRINTS; n++) fingerprints(bareHello({ ...FIELDS, cipherSuites: [0x2000 + n] }))
  t.not(fingerprints(hello), first)
  t.same(fingerprints(hello), first)
})
