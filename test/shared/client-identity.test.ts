/** Client certificates from files: PEM and PKCS#12; what is not usable is refused with option, reason and remedy. */

import { createPrivateKey } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { loadClientIdentities } from '../../src/shared/client-identity.ts'
import { loadConfigFile } from '../../src/shared/options/document/load-config-file.ts'
import { parseOptions } from '../../src/shared/options/parse-options.ts'
import { ConfigError } from '../../src/shared/options/problems/config-error.ts'
import { exportIdentityPkcs12 } from '../../src/workers/tls/ca/ca-export.ts'
import { createAuthority } from '../../src/workers/tls/ca/create-authority.ts'
import { daysFromNow, ecKeys, makeCa } from '../support/pki/wrong-pki.ts'

const root = makeCa('client root')
const client = makeCa('client', root)
const folder = t.testdir()
const file = (name: string, contents: string | Uint8Array): string => {
  const path = join(folder, name)
  writeFileSync(path, contents)
  return path
}
const cert = file('cert.pem', client.pem)
const key = file('key.pem', client.keyPem)
const sealed = file('sealed.pem', client.privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 's' }))
const stranger = file('stranger.pem', ecKeys().privateKey.export({ type: 'pkcs8', format: 'pem' }))
const authority = createAuthority(Date.now())
const pkcs12 = file('identity.p12', exportIdentityPkcs12(authority, 'secret').bytes)
const past = makeCa('past', root, { notBefore: daysFromNow(-20), notAfter: daysFromNow(-10) })
const future = makeCa('future', root, { notBefore: daysFromNow(10), notAfter: daysFromNow(20) })

const host = 'a.example'
type Entry = Readonly<Record<string, string>>
const optionsOf = (entry: Entry) => parseOptions({ upstream: { client_certificates: [{ host, ...entry }] } })

t.test('taken', async (t) => {
  for (const entry of [
    { cert, key },
    { cert, key: sealed, passphrase: 's' },
    { pkcs12, passphrase: 'secret' },
  ]) {
    const [loaded] = loadClientIdentities(optionsOf(entry), Date.now())
    t.same(loaded?.hosts, [host])
    t.match(loaded?.identity.fingerprint, /^(?:[0-9A-F]{2}:){31}[0-9A-F]{2}$/)
  }
  t.same(loadClientIdentities(parseOptions({}), Date.now()), [])
})

const REFUSED: readonly (readonly [name: string, entry: Entry, option: string, reason: RegExp])[] = [
  ['no file', { cert: join(folder, 'none.pem'), key }, 'cert', /cannot read .*none\.pem: ENOENT/],
  ['no key', { cert }, 'cert', /neither a certificate with its key nor a PKCS#12/],
  ['both forms', { cert, key, pkcs12 }, 'pkcs12', /neither/],
  ['another key', { cert, key: stranger }, 'cert', /key is not that of the certificate/],
  ['an expired one', { cert: file('past.pem', past.pem), key: file('past-key.pem', past.keyPem) }, 'cert', /CN=past has expired on/],
  ['one of the future', { cert: file('future.pem', future.pem), key: file('future-key.pem', future.keyPem) }, 'cert', /valid from/],
  ['no passphrase', { cert, key: sealed }, 'cert', /passphrase is missing or wrong/],
  ['a wrong passphrase', { cert, key: sealed, passphrase: 'x' }, 'cert', /passphrase is missing or wrong/],
  ['a wrong passphrase of PKCS#12', { pkcs12, passphrase: 'x' }, 'pkcs12', /PKCS#12 file cannot be opened: the passphrase/],
  ['no PKCS#12', { pkcs12: cert }, 'pkcs12', /PKCS#12 file cannot be read/],
  ['no PEM', { cert: pkcs12, key }, 'cert', /certificate or key cannot be read/],
]

for (const [name, entry, option, reason] of REFUSED) {
  t.test(`refused: ${name}`, async (t) => {
    t.match(
      refusalOf(() => optionsOf(entry)),
      { path: `upstream.client_certificates[0].${option}`, reason },
    )
  })
}

t.test('a wrong passphrase that leaves a padding which looks right', async (t) => {
  const key = client.privateKey.export({ type: 'sec1', format: 'pem', cipher: 'aes-128-cbc', passphrase: 's' }).toString()
  const isUnlucky = (passphrase: string) => {
    try {
      createPrivateKey({ key, passphrase })
    } catch (error) {
      return /DECODER/.test(String(error))
    }
    return false
  }
  let n = 0
  while (!isUnlucky(`x${n}`)) n++
  t.match(
    refusalOf(() => optionsOf({ cert, key: file('unlucky.pem', key), passphrase: `x${n}` })),
    { reason: /passphrase is missing or wrong/ },
  )
})

t.test('a wrong host pattern, and the line of a file', async (t) => {
  t.match(
    refusalOf(() => parseOptions({ upstream: { client_certificates: [{ host: ['ok.example', 'http://a'], cert, key }] } })),
    {
      path: 'upstream.client_certificates[0].host[1]',
    },
  )
  const config = file(
    'config.yaml',
    `upstream:\n  client_certificates:\n    - host: a.example\n      cert: ${cert}\n      key: ${stranger}\n`,
  )
  try {
    loadConfigFile(config)
    t.fail('not refused')
  } catch (error) {
    t.ok(error instanceof ConfigError)
    t.match(error, { line: 4, path: 'upstream.client_certificates[0].cert', file: config })
  }
})

function refusalOf(act: () => unknown): unknown {
  try {
    act()
    return 'not refused'
  } catch (error) {
    return error
  }
}
