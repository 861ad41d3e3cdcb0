/** PKCS#12 files of OpenSSL, keytool and NSS open with passwords of any characters; what does not open says why. */

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CaError } from '../../../../src/workers/tls/ca/ca-error.ts'
import { exportIdentityPkcs12 } from '../../../../src/workers/tls/ca/ca-export.ts'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'
import { readPkcs12 } from '../../../../src/workers/tls/ca/pkcs12-reader.ts'
import { withPbmac1 } from '../../../support/pbmac1-file.ts'

t.setTimeout(600_000)

const authority = createAuthority(Date.now())
const { keyPem, certificatePem } = authority.material
const PASSWORDS = ['secret', 'Pässwörd€', 'пароль', '']
const noOpenssl = spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not installed'
const PBMAC1 = { hash: 'sha256', prf: 'sha256', iterations: 2_048, keyBytes: 32 } as const

function opens(t: Test, bytes: Buffer, password: string, name: string): void {
  const { keys, certificates } = readPkcs12(bytes, password, 'a.p12')
  t.same(
    keys.map((key) => key.export({ type: 'pkcs8', format: 'pem' })),
    [keyPem],
    name,
  )
  t.same(certificates, [authority.certificate.raw], name)
}

function refuses(t: Test, bytes: Buffer, password: string, expected: RegExp, name: string): void {
  try {
    readPkcs12(bytes, password, 'a.p12')
    t.fail(`${name}: opened`)
  } catch (error) {
    if (!(error instanceof CaError)) throw error
    t.match(error.message, expected, name)
  }
}

t.test('our own, with the MAC of RFC 7292 and with PBMAC1', async (t) => {
  for (const password of ['secret', 'Pässwörd€🚀']) {
    const { bytes } = exportIdentityPkcs12(authority, password)
    for (const [name, file] of [
      ['RFC 7292', bytes],
      ['PBMAC1', withPbmac1(bytes, password, PBMAC1)],
    ] as const) {
      opens(t, file, password, `${name} ${password}`)
      refuses(t, file, `${password}x`, /^the PKCS#12 file a\.p12 cannot be opened: the password is missing or wrong/, name)
    }
  }
})

t.test('of openssl', { skip: noOpenssl }, async (t) => {
  const directory = t.testdir({ 'ca.pem': keyPem + certificatePem })
  const forms: Readonly<Record<string, readonly string[]>> = {
    modern: [],
    'AES-128, SHA-512': ['-aes128', '-macalg', 'sha512'],
    '3DES': ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'],
    'not encrypted': ['-keypbe', 'NONE', '-certpbe', 'NONE'],
    'no MAC': ['-nomac'],
  }
  for (const [form, flags] of Object.entries(forms)) {
    for (const password of PASSWORDS) {
      const file = join(directory, 'out.p12')
      writeFileSync(join(directory, 'password'), `${password}\n`)
      const args = ['pkcs12', '-export', '-in', 'ca.pem', '-out', file, '-passout', 'file:password', ...flags]
      const run = spawnSync('openssl', args, { cwd: directory, env: { ...process.env, LC_ALL: 'C.UTF-8' } })
      t.equal(run.status, 0, `${form}: ${run.stderr}`)
      opens(t, readFileSync(file), password, `${form}, ${password}`)
    }
  }
})

t.test('an encryption that is not read here is no wrong password', { skip: noOpenssl }, async (t) => {
  const directory = t.testdir({ 'ca.pem': keyPem + certificatePem })
  const args = ['pkcs12', '-export', '-in', 'ca.pem', '-out', 'out.p12', '-passout', 'pass:secret', '-keypbe', 'camellia-256-cbc']
  const run = spawnSync('openssl', args, { cwd: directory })
  t.equal(run.status, 0, String(run.stderr))
  const file = readFileSync(join(directory, 'out.p12'))
  refuses(t, file, 'secret', /^a\.p12 is PKCS#12 with an encryption or a MAC that is not read here/, 'Camellia')
  refuses(t, file, 'other', /password is missing or wrong/, 'Camellia, another password')
})

t.test('a file that was cut off says so, whatever the password', async (t) => {
  const { bytes } = exportIdentityPkcs12(authority, 'secret')
  for (const length of [5, 300, bytes.length - 1])
    refuses(t, bytes.subarray(0, length), 'secret', /^a\.p12 is DER that ends before its stated length/, `${length} octets`)
})

t.test('what is no PKCS#12 says so', async (t) => {
  for (const bytes of [Buffer.alloc(0), Buffer.from('garbage'), Buffer.from('30030201', 'hex'), authority.certificate.raw])
    refuses(t, bytes, '', /^a\.p12 is neither PEM, nor a certificate in DER, nor PKCS#12/, bytes.toString('hex', 0, 8))
})
