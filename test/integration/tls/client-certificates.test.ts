/**
 * Client certificates to origins that require one: openssl s_server and nginx, in TLS 1.2 and 1.3, from every form in which operators have
 * such files; and what an origin that is given none makes of it.
 */

import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { loadClientIdentities } from '../../../src/shared/client-identity.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { ConfigError } from '../../../src/shared/options/problems/config-error.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { lacking } from '../../support/lacking.ts'
import { startChildOrigin } from '../../support/origins/child-origin.ts'
import { extendedKeyUsage, makeCa, makeLeaf, OIDS, rsaKeys } from '../../support/pki/wrong-pki.ts'
import { openSecure } from '../../support/proxy-client.ts'

const VERSIONS = ['TLSv1.2', 'TLSv1.3'] as const
type Version = (typeof VERSIONS)[number]
type Entry = Readonly<Record<string, string>>

const folder = mkdtempSync(join(tmpdir(), 'client-certificates-'))
t.teardown(() => rmSync(folder, { recursive: true, force: true }))
t.setTimeout(600_000)

const root = makeCa('client root')
const CLIENT_AUTH = { purpose: extendedKeyUsage(OIDS.clientAuth) }
const ec = makeLeaf(root, [], { name: 'ec client' }, CLIENT_AUTH)
const rsa = makeLeaf(root, [], { name: 'rsa client', keys: rsaKeys(2048) }, CLIENT_AUTH)

function file(name: string, contents: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, contents)
  return path
}

const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] })

const files = {
  rootCert: file('root.pem', root.pem),
  ecCert: file('ec.pem', ec.pem),
  ecKey: file('ec-key.pem', ec.keyPem),
  ecParametersKey: file(
    'ec-parameters-key.pem',
    `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${ec.privateKey.export({ type: 'sec1', format: 'pem' })}`,
  ),
  rsaCert: file('rsa.pem', rsa.pem),
  rsaKey: file('rsa-key.pem', rsa.keyPem),
  pkcs1Key: file('pkcs1-key.pem', rsa.privateKey.export({ type: 'pkcs1', format: 'pem' })),
  sealedPkcs8Key: file(
    'sealed-pkcs8.pem',
    rsa.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' }),
  ),
  sealedPkcs1Key: file(
    'sealed-pkcs1.pem',
    rsa.privateKey.export({ type: 'pkcs1', format: 'pem', cipher: 'des-ede3-cbc', passphrase: 'secret' }),
  ),
} as const
const both = file('both.pem', ec.pem + ec.keyPem)

/** A PKCS#12 file by OpenSSL. */
function pkcs12(name: string, which: 'ec' | 'rsa', ...more: readonly string[]): string {
  openssl('pkcs12', '-export', '-in', `${which}.pem`, '-inkey', `${which}-key.pem`, '-out', name, ...more)
  return join(folder, name)
}

const TRIPLE_DES = ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1']

/** Form → entry of `upstream.client_certificates`, host aside, and who the origin then sees. Made where OpenSSL is there. */
function forms(): readonly (readonly [form: string, entry: Entry, subject: string])[] {
  return [
    ['PEM, PKCS#8', { cert: files.ecCert, key: files.ecKey }, 'ec client'],
    ['PEM, SEC 1 behind its parameters', { cert: files.ecCert, key: files.ecParametersKey }, 'ec client'],
    ['PEM, certificate and key in one file', { cert: both, key: both }, 'ec client'],
    ['PEM, PKCS#1', { cert: files.rsaCert, key: files.pkcs1Key }, 'rsa client'],
    ['PEM, encrypted PKCS#8', { cert: files.rsaCert, key: files.sealedPkcs8Key, passphrase: 'secret' }, 'rsa client'],
    ['PEM, encrypted PKCS#1', { cert: files.rsaCert, key: files.sealedPkcs1Key, passphrase: 'secret' }, 'rsa client'],
    ['PKCS#12, AES', { pkcs12: pkcs12('aes.p12', 'ec', '-passout', 'pass:secret'), passphrase: 'secret' }, 'ec client'],
    [
      'PKCS#12, with its chain',
      { pkcs12: pkcs12('chain.p12', 'rsa', '-certfile', 'root.pem', '-passout', 'pass:secret'), passphrase: 'secret' },
      'rsa client',
    ],
    [
      'PKCS#12, triple DES',
      { pkcs12: pkcs12('3des.p12', 'rsa', ...TRIPLE_DES, '-passout', 'pass:secret'), passphrase: 'secret' },
      'rsa client',
    ],
    ['PKCS#12, an empty passphrase', { pkcs12: pkcs12('empty.p12', 'ec', '-passout', 'pass:'), passphrase: '' }, 'ec client'],
    [
      'PKCS#12, not encrypted',
      { pkcs12: pkcs12('plain.p12', 'ec', '-keypbe', 'NONE', '-certpbe', 'NONE', '-nomaciter', '-passout', 'pass:'), passphrase: '' },
      'ec client',
    ],
    [
      'PKCS#12, a passphrase beyond ASCII',
      { pkcs12: pkcs12('umlaut.p12', 'ec', '-passout', 'pass:geheimnis-äöü'), passphrase: 'geheimnis-äöü' },
      'ec client',
    ],
  ]
}

/** Each form has an address of its own, on which the origin listens as well. */
const addressOf = (index: number) => `127.0.0.${index + 2}`

async function answerOf(harness: EngineHarness, authority: string): Promise<string> {
  const client = await openSecure(harness.proxyPort, authority, harness.caPem)
  client.socket.write(`GET / HTTP/1.0\r\nHost: localhost\r\n\r\n`)
  await client.over()
  return client.text
}

function startServer(t: Test, version: Version): Promise<number> {
  const only = version === 'TLSv1.2' ? '-tls1_2' : '-tls1_3'
  return startChildOrigin(t, {
    command: 'openssl',
    args: (_folder, port) => [
      's_server',
      '-accept',
      `${port}`,
      '-cert',
      'cert.pem',
      '-key',
      'key.pem',
      '-www',
      '-quiet',
      only,
      '-Verify',
      '1',
      '-verify_return_error',
      '-CAfile',
      'root.pem',
    ],
    files: () => ({ 'root.pem': root.pem }),
  })
}

function startNginx(t: Test, version: Version): Promise<number> {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`)
  return startChildOrigin(t, {
    command: 'nginx',
    args: (folder) => ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'],
    files: (port) => ({
      'root.pem': root.pem,
      'nginx.conf': `daemon off; master_process off; pid nginx.pid; error_log error.log;
events { worker_connections 256; }
http {
  access_log off; ${temporary.join(' ')}
  server {
    listen ${port} ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem; ssl_protocols ${version};
    ssl_client_certificate root.pem; ssl_verify_client on;
    location / { return 200 "$ssl_protocol $ssl_client_verify $ssl_client_s_dn"; }
  }
}
`,
    }),
  })
}

const ORIGINS = [
  ['openssl s_server', startServer, lacking('openssl')],
  ['nginx', startNginx, lacking('nginx', 'openssl')],
] as const

for (const [name, start, skip] of ORIGINS) {
  for (const version of VERSIONS) {
    t.test(`${name}, ${version}: it sees the certificate of every form`, { skip }, async (t) => {
      const port = await start(t, version)
      const table = forms()
      const entries = table.map(([, entry], index) => ({ host: addressOf(index), ...entry }))
      const harness = await EngineHarness.start(t, { upstream: { verify: false, client_certificates: entries } })
      for (const [index, [form, , subject]] of table.entries()) {
        const text = await answerOf(harness, `${addressOf(index)}:${port}`)
        t.match(text, new RegExp(`^HTTP/1.[01] 200 [\\s\\S]*CN ?= ?${subject}`, 'i'), form)
      }
      await harness.checkLaws(t, table.length)
      t.same(harness.named('tls_handshake_failed'), [])
    })
  }
}

t.test(
  'an origin that requires a certificate and is given none says so by alert 116, or 40 up to TLS 1.2',
  { skip: ORIGINS[0][2] },
  async (t) => {
    for (const version of VERSIONS) {
      const port = await startServer(t, version)
      const harness = await EngineHarness.start(t, { upstream: { verify: false } })
      // In TLS 1.3 it says so while the client's handshake goes on, or behind it: told all the same, and nobody waits.
      for (let number = 0; number < 10; number++) {
        const text = await answerOf(harness, `127.0.0.1:${port}`).catch((error: NodeJS.ErrnoException) => error.code)
        t.match(text, version === 'TLSv1.2' ? /^HTTP\/1\.1 502 [\s\S]*alert 40 handshake_failure/ : /^HTTP\/1\.1 502 [\s\S]*alert 116/)
      }
      await harness.checkLaws(t, 10)
      const failures = harness.named('tls_handshake_failed')
      t.equal(failures.length, 10)
      const expected =
        version === 'TLSv1.2'
          ? { reason: 'handshake_alert', sub_reason: 'parameters', alert: 40, phase: 'mid_handshake' }
          : { reason: 'handshake_alert', sub_reason: 'client_certificate', alert: 116, phase: 'after_finished' }
      for (const failure of failures) t.match(failure, { side: 'upstream', source: 'authoritative', ...expected })
    }
  },
)

t.test('PKCS#12 files that are not taken: each says what it is', { skip: ORIGINS[0][2] }, async (t) => {
  const legacy = (name: string) => pkcs12(name, 'rsa', '-legacy', '-passout', 'pass:secret')
  const REFUSED: readonly (readonly [entry: Entry, reason: RegExp])[] = [
    [{ pkcs12: legacy('rc2.p12'), passphrase: 'secret' }, /encrypted by an algorithm that OpenSSL 3 no longer reads/],
    [
      { pkcs12: pkcs12('sealed.p12', 'ec', '-passout', 'pass:secret'), passphrase: 'other' },
      /cannot be opened: the passphrase is missing or wrong/,
    ],
    [{ pkcs12: join(folder, 'sealed.p12') }, /cannot be opened: the passphrase is missing or wrong/],
    [{ pkcs12: files.ecKey }, /cannot be read/],
    [{ cert: files.ecCert, key: files.rsaKey }, /the key is not that of the certificate/],
    [{ cert: files.rsaCert, key: files.sealedPkcs1Key }, /the passphrase is missing or wrong/],
    [{ cert: files.rsaCert, key: files.sealedPkcs1Key, passphrase: 'other' }, /the passphrase is missing or wrong/],
    [{ cert: files.rsaKey, key: files.rsaKey }, /cannot be read/],
  ]
  for (const [entry, reason] of REFUSED) {
    let refusal: ConfigError | undefined
    try {
      loadClientIdentities(parseOptions({ upstream: { client_certificates: [{ host: 'a.example', ...entry }] } }), Date.now())
    } catch (error) {
      refusal = error as ConfigError
    }
    t.match(refusal?.message, reason, JSON.stringify(entry))
  }
})
