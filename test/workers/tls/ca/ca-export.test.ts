/**
 * What the CA exports is opened by openssl and keytool, where they are: PEM, DER, hash-named files, PKCS#12.
 */

import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  exportDer,
  exportHashNamed,
  exportIdentityPkcs12,
  exportJavaTrustStore,
  exportPem,
  subjectHashOld,
} from '../../../../src/workers/tls/ca/ca-export.ts'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'

t.setTimeout(600_000)

const nowMs = Date.now()
const replaced = createAuthority(nowMs)
const authority = createAuthority(nowMs, [{ certificatePem: replaced.material.certificatePem, publishedUntilMs: nowMs + 1_000 }])
const missing = (command: string) => (spawnSync(command, ['-version']).error === undefined ? false : `${command} is not installed`)

t.test('PEM and DER', (t) => {
  const pem = exportPem(authority, nowMs).bytes.toString()
  t.equal(pem, authority.material.certificatePem + replaced.material.certificatePem)
  t.equal(exportPem(authority, nowMs + 1_000).bytes.toString(), authority.material.certificatePem, 'after the overlap')
  t.equal(new X509Certificate(exportDer(authority).bytes).fingerprint256, authority.certificate.fingerprint256)
  t.end()
})

t.test('hash-named files, as openssl names them', { skip: missing('openssl') }, (t) => {
  const directory = t.testdir()
  for (const file of exportHashNamed(authority, nowMs)) {
    writeFileSync(join(directory, file.name), file.bytes)
    const run = spawnSync('openssl', ['x509', '-noout', '-subject_hash_old', '-in', file.name], { cwd: directory })
    t.equal(`${run.stdout}`.trim(), file.name.split('.')[0])
  }
  t.match(subjectHashOld(authority.certificate.raw), /^[0-9a-f]{8}$/)
  t.end()
})

t.test('PKCS#12 opens in openssl', { skip: missing('openssl') }, (t) => {
  const file = exportIdentityPkcs12(authority, 'secret')
  t.equal(file.isSecret, true)
  const open = (password: string) => spawnSync('openssl', ['pkcs12', '-nodes', '-passin', `pass:${password}`], { input: file.bytes })
  t.match(`${open('secret').stdout}`, authority.material.keyPem.trim())
  t.not(open('wrong').status, 0)
  t.end()
})

t.test('Java reads trusted entries and the private key', { skip: missing('keytool') }, (t) => {
  const directory = t.testdir()
  writeFileSync(join(directory, 'trust.p12'), exportJavaTrustStore(authority, 'changeit', nowMs).bytes)
  writeFileSync(join(directory, 'id.p12'), exportIdentityPkcs12(authority, 'changeit').bytes)
  const keytool = (...args: string[]) => `${spawnSync('keytool', args, { cwd: directory }).stdout}`
  const trusted = keytool('-list', '-keystore', 'trust.p12', '-storepass', 'changeit')
  t.match(trusted, /soth-mitm, .*trustedCertEntry/)
  t.match(trusted, /soth-mitm-previous-1, .*trustedCertEntry/)
  t.match(keytool('-list', '-keystore', 'id.p12', '-storepass', 'changeit'), /soth-mitm, .*PrivateKeyEntry/)
  const convert = ['-importkeystore', '-srckeystore', 'trust.p12', '-srcstorepass', 'changeit', '-deststoretype', 'JKS']
  keytool(...convert, '-destkeystore', 'trust.jks', '-deststorepass', 'changeit')
  t.match(keytool('-list', '-keystore', 'trust.jks', '-storepass', 'changeit'), /2 entries/, 'as JKS')
  t.end()
})
