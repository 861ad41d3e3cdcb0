/**
 * The bundle and the trust store: what they hold, when they are written, and that Java reads it.
 */

import { X509Certificate } from 'node:crypto'
import { existsSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { thisMachine } from '../../../src/cli/trust/machine.ts'
import { performStep } from '../../../src/cli/trust/perform-step.ts'
import { TRUST_STORE_PASSWORD, trustFilesOf, writeTrustFiles } from '../../../src/cli/trust/trust-files.ts'
import { CaStore } from '../../../src/workers/tls/ca/ca-store.ts'
import { decodePem } from '../../../src/workers/tls/x509/pem.ts'
import { lacking } from '../../support/lacking.ts'
import { makeRoot } from '../../support/pki/test-pki.ts'

const fingerprints = (path: string) => decodePem(readFileSync(path, 'latin1')).map(({ der }) => new X509Certificate(der).fingerprint256)

t.test('the bundle: our CA first, then what this environment trusts', async (t) => {
  const company = makeRoot({ commonName: 'company root' })
  const extra = makeRoot({ commonName: 'extra root' })
  const directory = t.testdir({ 'company.pem': company.certificatePem, 'extra.pem': extra.certificatePem, 'junk.pem': 'junk' })
  const store = new CaStore(join(directory, 'ca'), Date.now)
  const opened = store.open()
  const env = { SSL_CERT_FILE: join(directory, 'company.pem'), NODE_EXTRA_CA_CERTS: join(directory, 'extra.pem') }
  const files = writeTrustFiles(opened, env, Date.now())
  t.same(files, trustFilesOf(opened))
  const names = [opened.authority.material, company, extra].map(({ certificatePem }) => new X509Certificate(certificatePem).fingerprint256)
  t.same(fingerprints(files.bundle), names)
  t.equal(statSync(files.bundle).mode & 0o777, 0o644)

  writeTrustFiles(opened, { SSL_CERT_FILE: env.SSL_CERT_FILE, GIT_SSL_CAINFO: env.NODE_EXTRA_CA_CERTS }, Date.now())
  t.same(fingerprints(files.bundle), names, 'whichever variable names it')

  const before = statSync(files.trustStore).mtimeMs
  writeTrustFiles(opened, env, Date.now())
  t.equal(statSync(files.trustStore).mtimeMs, before, 'unchanged, not written')
  writeTrustFiles(opened, { SSL_CERT_FILE: files.bundle, NODE_EXTRA_CA_CERTS: files.bundle }, Date.now())
  t.same(fingerprints(files.bundle), names, 'inside exec the bundle stands for what was set before')

  const rotated = store.rotate()
  writeTrustFiles(rotated, { SSL_CERT_FILE: files.bundle }, Date.now())
  t.equal(fingerprints(files.bundle)[0], rotated.authority.certificate.fingerprint256, 'a new CA is a new bundle even there')
  t.ok(fingerprints(files.bundle).length > 20, 'and the roots are the system’s, or Node’s')

  writeTrustFiles(rotated, { SSL_CERT_FILE: env.SSL_CERT_FILE, NODE_EXTRA_CA_CERTS: join(directory, 'junk.pem') }, Date.now())
  t.equal(fingerprints(files.bundle).length, 3, 'a file without certificates is left out, as Node does')
  writeTrustFiles(rotated, { SSL_CERT_FILE: '/dev/zero' }, Date.now())
  t.ok(fingerprints(files.bundle).length > 20, 'a device names no roots')
})

t.test('settings for wget: the user’s own, and the bundle', async (t) => {
  const directory = t.testdir({ '.wgetrc': 'password = secret', other: 'tries = 2\n' })
  const opened = new CaStore(join(directory, 'ca'), Date.now).open()
  const settings = (env: Readonly<Record<string, string>>) => {
    const files = writeTrustFiles(opened, { HOME: directory, ...env }, Date.now())
    return { files, text: readFileSync(files.wgetrc, 'latin1') }
  }
  const { files, text } = settings({})
  const line = `ca_certificate = ${files.bundle}\n`
  t.equal(text, `password = secret\n${line}`)
  t.equal(statSync(files.wgetrc).mode & 0o777, 0o600)
  t.equal(settings({ WGETRC: join(directory, 'other') }).text, `tries = 2\n${line}`, 'the file that WGETRC names')
  t.equal(settings({ WGETRC: join(directory, 'other'), HOME: '/nowhere' }).text, `tries = 2\n${line}`)
  const inside = { SSL_CERT_FILE: files.bundle, WGETRC: files.wgetrc }
  t.equal(settings(inside).text, `tries = 2\n${line}`, 'inside exec it stands for what was set before')
  t.equal(settings({ HOME: '/nowhere' }).text, line)
  for (const path of [directory, '/dev/zero']) t.equal(settings({ WGETRC: path }).text, line, `${path} is no file of settings`)
})

t.test('what cannot be written says where, and the remedy is about the directory', async (t) => {
  const directory = t.testdir({ wgetrc: {} })
  const opened = new CaStore(directory, Date.now).open()
  const message = new RegExp(`^cannot write the files for clients to ${directory}: .*; give another directory with --ca-dir$`)
  t.throws(() => writeTrustFiles(opened, {}, Date.now()), { code: 'ca_unwritable', message })
})

t.test('a trust store that could not be written is written the next time', async (t) => {
  const directory = t.testdir({ 'ca-truststore.p12': {} })
  const opened = new CaStore(directory, Date.now).open()
  t.throws(() => writeTrustFiles(opened, {}, Date.now()), { code: 'ca_unwritable' })
  const { bundle, trustStore } = trustFilesOf(opened)
  t.notOk(existsSync(bundle), 'the bundle, which tells that all is done, has waited')
  rmdirSync(trustStore)
  writeTrustFiles(opened, {}, Date.now())
  t.ok(existsSync(bundle) && existsSync(trustStore))
})

t.test('the trust store, as Java reads it', { skip: lacking('keytool') }, async (t) => {
  const machine = thisMachine()
  const directory = t.testdir()
  const opened = new CaStore(join(directory, 'ca'), Date.now).open()
  writeFileSync(join(directory, 'company.pem'), makeRoot({ commonName: 'company root' }).certificatePem)
  const files = writeTrustFiles(opened, { SSL_CERT_FILE: join(directory, 'company.pem') }, Date.now())
  const list = ['keytool', '-list', '-keystore', files.trustStore, '-storepass', TRUST_STORE_PASSWORD, '-alias']
  for (const alias of ['soth-mitm', 'root-1']) {
    t.match(performStep({ kind: 'run', command: [...list, alias] }, 'install', machine), { status: 'done' }, alias)
  }
})
