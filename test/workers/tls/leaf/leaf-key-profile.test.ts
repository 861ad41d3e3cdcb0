/**
 * Which leaf key a hello allows, by its versions, suites and signature algorithms.
 */

import t from 'tap'
import type { ClientHello } from '../../../../src/workers/tls/hello/client-hello.ts'
import { offeredVersions } from '../../../../src/workers/tls/hello/tls-version.ts'
import { leafKeyProfile } from '../../../../src/workers/tls/leaf/leaf-key-profile.ts'
import { bareHello } from '../../../support/octets/bare-hello.ts'

const PROFILES: readonly (readonly [name: string, hello: Partial<ClientHello>, profile: string])[] = [
  ['TLS 1.3 with the P-256 scheme', { supportedVersions: [0x0304], signatureAlgorithms: [0x0804, 0x0403] }, 'ecdsa'],
  ['TLS 1.3 with RSA-PSS only', { supportedVersions: [0x0304], signatureAlgorithms: [0x0804, 0x0401] }, 'rsa'],
  ['TLS 1.3 with ECDSA on other curves only', { supportedVersions: [0x0304], signatureAlgorithms: [0x0503, 0x0603] }, 'rsa'],
  ['TLS 1.2 with an ECDSA suite', { cipherSuites: [0xc02b], signatureAlgorithms: [0x0403], groups: [29, 23] }, 'ecdsa'],
  ['TLS 1.2 with RSA suites only', { cipherSuites: [0xc02f, 0x009c], signatureAlgorithms: [0x0403] }, 'rsa'],
  ['TLS 1.2 with no ECDSA suite of ours', { cipherSuites: [0xc023, 0xc0ac, 0xc013], signatureAlgorithms: [0x0403] }, 'rsa'],
  ['TLS 1.2 without P-256', { cipherSuites: [0xc02b], signatureAlgorithms: [0x0403], groups: [24] }, 'rsa'],
  ['TLS 1.2 with ECDSA over SHA-1 only', { cipherSuites: [0xc02b], signatureAlgorithms: [0x0203, 0x0401] }, 'rsa'],
  ['TLS 1.2 with ECDSA over SHA-512', { cipherSuites: [0xc02b], signatureAlgorithms: [0x0603] }, 'ecdsa'],
  ['TLS 1.2 without signature algorithms', { cipherSuites: [0xc009] }, 'ecdsa'],
  ['TLS 1.0 with RSA key transport', { legacyVersion: 0x0301, cipherSuites: [0x002f] }, 'rsa'],
]

t.test('the leaf key that a hello allows', async (t) => {
  for (const [name, fields, profile] of PROFILES) t.equal(leafKeyProfile(bareHello(fields)), profile, name)
})

t.test('versions offered, by name', async (t) => {
  t.strictSame(offeredVersions(bareHello({ supportedVersions: [0x0a0a, 0x0304, 0x0303] })), ['TLSv1.3', 'TLSv1.2'])
  t.strictSame(offeredVersions(bareHello({ legacyVersion: 0x0302 })), ['TLSv1.1'])
  t.strictSame(offeredVersions(bareHello({ legacyVersion: 0x0301 })), ['TLSv1'])
  t.strictSame(offeredVersions(bareHello({ legacyVersion: 0x0300 })), ['SSLv3'])
  t.strictSame(offeredVersions(bareHello({ legacyVersion: 0x0002 })), ['SSLv2'])
  t.strictSame(offeredVersions(bareHello({ supportedVersions: [0x7f1c] })), ['0x7f1c'])
})
