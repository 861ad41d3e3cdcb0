/**
 * What clients by others can agree on with the engine: every suite, version, group and signature algorithm that it takes, one at a time,
 * by openssl s_client and gnutls-cli; and what it refuses, with the exact entry of the taxonomy.
 */

import t from 'tap'
import type { EventOf } from '../../../src/shared/events/event.ts'
import { openGateway } from '../../support/clients/connect-gateway.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { lacking } from '../../support/lacking.ts'
import { servePages } from '../../support/origins/page-origin.ts'
import { runCommand } from '../../support/run-command.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

type Succeeded = Partial<EventOf<'tls_handshake_succeeded'>>
type Failed = Partial<EventOf<'tls_handshake_failed'>>

t.setTimeout(600_000)

/** Suite in OpenSSL's name → its name in the IANA registry, and the key that the leaf must have for it. */
const TLS12_SUITES: readonly (readonly [openssl: string, iana: string, key: 'ecdsa' | 'rsa'])[] = [
  ['ECDHE-ECDSA-AES128-GCM-SHA256', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', 'ecdsa'],
  ['ECDHE-ECDSA-AES256-GCM-SHA384', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', 'ecdsa'],
  ['ECDHE-ECDSA-CHACHA20-POLY1305', 'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256', 'ecdsa'],
  ['ECDHE-ECDSA-AES128-SHA', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA', 'ecdsa'],
  ['ECDHE-ECDSA-AES256-SHA', 'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA', 'ecdsa'],
  ['ECDHE-RSA-AES128-GCM-SHA256', 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', 'rsa'],
  ['ECDHE-RSA-AES256-GCM-SHA384', 'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384', 'rsa'],
  ['ECDHE-RSA-CHACHA20-POLY1305', 'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256', 'rsa'],
  ['ECDHE-RSA-AES128-SHA', 'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA', 'rsa'],
  ['ECDHE-RSA-AES256-SHA', 'TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA', 'rsa'],
  ['AES128-GCM-SHA256', 'TLS_RSA_WITH_AES_128_GCM_SHA256', 'rsa'],
  ['AES256-GCM-SHA384', 'TLS_RSA_WITH_AES_256_GCM_SHA384', 'rsa'],
  ['AES128-SHA', 'TLS_RSA_WITH_AES_128_CBC_SHA', 'rsa'],
  ['AES256-SHA', 'TLS_RSA_WITH_AES_256_CBC_SHA', 'rsa'],
]
const TLS13_SUITES = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'] as const

/** OpenSSL 3.0, which Node 20 has, takes every group that s_client can name. */
const TAKES_ALL_GROUPS = process.versions.openssl.startsWith('3.0.')

interface Taken {
  readonly name: string
  readonly args: readonly string[]
  readonly expected: Succeeded
  /** In what s_client prints. */
  readonly printed?: RegExp
}

const TAKEN: readonly Taken[] = [
  ...TLS12_SUITES.map(([suite, iana, key]) => ({
    name: suite,
    args: ['-tls1_2', '-cipher', suite],
    expected: { version: 'TLSv1.2', cipher: iana },
    printed: key === 'rsa' ? /a:PKEY: rsaEncryption, 2048/ : /a:PKEY: id-ecPublicKey, 256/,
  })),
  ...TLS13_SUITES.map((suite) => ({
    name: suite,
    args: ['-tls1_3', '-ciphersuites', suite],
    expected: { version: 'TLSv1.3', cipher: suite },
  })),
  ...['X25519', 'P-256', 'P-384', 'P-521', 'X448', 'ffdhe2048', 'ffdhe3072'].map((group) => ({
    name: `TLS 1.3 with ${group} alone`,
    args: ['-tls1_3', '-groups', group],
    expected: { version: 'TLSv1.3' },
  })),
  ...['X25519', 'P-256', 'P-384', 'P-521'].map((group) => ({
    name: `TLS 1.2 with ${group} alone`,
    args: ['-tls1_2', '-groups', group],
    expected: { version: 'TLSv1.2' },
  })),
  // A group of which the client has not sent a share: RFC 8446 §4.1.4, HelloRetryRequest.
  ...(TAKES_ALL_GROUPS
    ? []
    : [
        {
          name: 'a HelloRetryRequest',
          args: ['-tls1_3', '-msg', '-groups', 'ffdhe4096:P-384'],
          expected: { version: 'TLSv1.3' },
          printed: /ClientHello[\s\S]*ServerHello[\s\S]*ClientHello[\s\S]*ServerHello/,
        },
      ]),
  ...(
    [
      ['ECDSA+SHA256', '-tls1_3', /a:PKEY: id-ecPublicKey/],
      ['RSA-PSS+SHA256', '-tls1_3', /a:PKEY: rsaEncryption/],
      ['RSA-PSS+SHA512', '-tls1_3', /a:PKEY: rsaEncryption/],
      ['ECDSA+SHA256', '-tls1_2', /a:PKEY: id-ecPublicKey/],
      ['RSA+SHA256', '-tls1_2', /a:PKEY: rsaEncryption/],
      ['RSA-PSS+SHA256', '-tls1_2', /a:PKEY: rsaEncryption/],
    ] as const
  ).map(([algorithm, version, printed]) => ({
    name: `${algorithm} alone, ${version}`,
    args: [version, '-sigalgs', algorithm],
    expected: {},
    printed,
  })),
  { name: 'no SNI', args: ['-noservername'], expected: {} },
  { name: 'a name in capitals', args: ['-servername', 'LOCALHOST'], expected: {}, printed: /DNS:localhost|CN ?= ?localhost/ },
  {
    name: 'ALPN that the origin takes',
    args: ['-alpn', 'h2,http/1.1'],
    expected: { alpn: 'http/1.1' },
    printed: /ALPN protocol: http\/1\.1/,
  },
  { name: 'no tickets wanted', args: ['-tls1_2', '-no_ticket'], expected: { version: 'TLSv1.2' } },
  { name: 'an OCSP staple wanted', args: ['-status'], expected: {} },
  { name: 'records of 512 octets', args: ['-maxfraglen', '512'], expected: {} },
]

const NOT_SHARED: Failed = { reason: 'handshake_alert', sub_reason: 'parameters', alert: 40, phase: 'mid_handshake' }
const TOO_OLD: Failed = { reason: 'handshake_alert', sub_reason: 'version', alert: 70, phase: 'mid_handshake' }

const REFUSED: readonly (readonly [name: string, args: readonly string[], expected: Failed])[] = [
  [
    // s_client finds that it has nothing to offer, and says so in the place of a ClientHello.
    'an alert alone',
    ['-tls1_3', '-groups', 'brainpoolP256r1'],
    { reason: 'handshake_alert', sub_reason: 'internal_error', alert: 80, phase: 'before_hello' },
  ],
  ['TLS 1.1', ['-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'], TOO_OLD],
  ['TLS 1.0', ['-tls1', '-cipher', 'ALL:@SECLEVEL=0'], TOO_OLD],
  ['a suite of no encryption', ['-tls1_2', '-cipher', 'NULL:@SECLEVEL=0'], NOT_SHARED],
  ['a suite of no authentication', ['-tls1_2', '-cipher', 'aNULL:@SECLEVEL=0'], NOT_SHARED],
  ['Camellia', ['-tls1_2', '-cipher', 'ECDHE-RSA-CAMELLIA128-SHA256'], NOT_SHARED],
  ['AES-CCM', ['-tls1_3', '-ciphersuites', 'TLS_AES_128_CCM_SHA256'], NOT_SHARED],
  ...(TAKES_ALL_GROUPS ? [] : [['a group that we do not have', ['-tls1_3', '-groups', 'ffdhe8192'], NOT_SHARED] as const]),
]

t.test('openssl s_client', { skip: lacking('openssl') }, async (t) => {
  const origin = await startHttpsOrigin(servePages)
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t)
  const meet = (args: readonly string[]) => {
    const named = args.some((arg) => arg === '-noservername' || arg === '-servername') ? [] : ['-servername', 'localhost']
    const target = ['-proxy', `127.0.0.1:${harness.proxyPort}`, '-connect', `localhost:${origin.port}`]
    const trust = ['-CAfile', harness.caFile, '-verify_return_error', '-ign_eof']
    const input = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    return runCommand('openssl', ['s_client', ...target, ...trust, ...named, ...args], { input })
  }
  for (const { name, args, expected, printed } of TAKEN) {
    harness.forget()
    const { stdout, stderr } = await meet(args)
    await harness.settled(1)
    t.match(stdout, /Verify return code: 0 \(ok\)[\s\S]*HTTP\/1\.1 200 /, `${name} ${stderr.slice(-200)}`)
    if (printed !== undefined) t.match(stdout, printed, name)
    const [met] = harness.named('tls_handshake_succeeded').filter(({ side }) => side === 'client')
    t.match(met, { source: 'authoritative', resumed: false, ...expected }, name)
    t.same(harness.named('tls_handshake_failed'), [], name)
  }
  for (const [name, args, expected] of REFUSED) {
    harness.forget()
    const { stdout } = await meet(args)
    await harness.settled(1)
    t.notMatch(stdout, /HTTP\/1\.1 200/, name)
    const failures = harness.named('tls_handshake_failed')
    t.equal(failures.length, 1, name)
    t.match(failures[0], { side: 'client', source: 'authoritative', ...expected }, name)
  }
})

const PRIORITIES: readonly (readonly [priority: string, version: string])[] = [
  ['NORMAL', 'TLSv1.3'],
  ['SECURE128', 'TLSv1.3'],
  ['PERFORMANCE', 'TLSv1.3'],
  ['LEGACY', 'TLSv1.3'],
  ['PFS', 'TLSv1.3'],
  ['NORMAL:-VERS-TLS1.3', 'TLSv1.2'],
  ['NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+RSA', 'TLSv1.2'],
  ['NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-RSA', 'TLSv1.2'],
  ['NORMAL:-GROUP-ALL:+GROUP-SECP384R1', 'TLSv1.3'],
  ['NORMAL:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256', 'TLSv1.3'],
  ['NORMAL:%NO_TICKETS', 'TLSv1.3'],
  ['NORMAL:%DISABLE_TLS13_COMPAT_MODE', 'TLSv1.3'],
]

t.test('gnutls-cli', { skip: lacking('gnutls-cli') }, async (t) => {
  const origin = await startHttpsOrigin(servePages)
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t)
  const gateway = await openGateway(t, harness.proxyPort, `localhost:${origin.port}`)
  for (const [priority, version] of PRIORITIES) {
    harness.forget()
    const input = 'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n'
    const args = ['--x509cafile', harness.caFile, '--priority', priority, '--crlf', '-p', `${gateway}`, 'localhost']
    const { stdout, stderr } = await runCommand('gnutls-cli', args, { input })
    await harness.settled(1)
    t.match(stdout, /- Status: The certificate is trusted\./, `${priority} ${stderr.slice(-200)}`)
    const [met] = harness.named('tls_handshake_succeeded').filter(({ side }) => side === 'client')
    t.match(met, { version }, priority)
  }
})
