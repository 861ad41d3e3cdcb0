/**
 * An own CA is taken from PEM and PKCS#12 as openssl writes them, and one that clients would not accept is refused by a sentence.
 */

import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { CaError, type CaErrorCode } from '../../../../src/workers/tls/ca/ca-error.ts'
import { exportIdentityPkcs12, exportJavaTrustStore } from '../../../../src/workers/tls/ca/ca-export.ts'
import { importCaMaterial as importInputs } from '../../../../src/workers/tls/ca/ca-import.ts'
import { CertificateAuthority } from '../../../../src/workers/tls/ca/certificate-authority.ts'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'

t.setTimeout(600_000)

const noOpenssl = spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not installed'

function importCaMaterial(files: readonly Buffer[], password: string | undefined) {
  return importInputs(
    files.map((bytes, index) => ({ path: `file ${index}`, bytes })),
    password,
  )
}

function refuses(t: Test, code: CaErrorCode, action: () => unknown): void {
  try {
    action()
    t.fail(`expected ${code}`)
  } catch (error) {
    if (!(error instanceof CaError)) throw error
    t.equal(error.code, code, error.message)
  }
}

function openssl(directory: string, ...args: string[]): void {
  const run = spawnSync('openssl', args, { cwd: directory })
  if (run.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${run.stderr}`)
}

const EXTENSIONS = {
  good: 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n',
  notCa: 'basicConstraints=critical,CA:FALSE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n',
  noUsage: 'basicConstraints=critical,CA:TRUE\nsubjectKeyIdentifier=hash\n',
  noSign: 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,cRLSign\nsubjectKeyIdentifier=hash\n',
  looseConstraint: 'basicConstraints=CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n',
  noSki: 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=none\n',
  clientOnly: 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\nextendedKeyUsage=clientAuth\n',
}

const KEYS = {
  rsa: ['-newkey', 'rsa:2048'],
  p256: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'],
  p384: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-384'],
  rsa1024: ['-newkey', 'rsa:1024'],
  ed25519: ['-newkey', 'ed25519'],
  spelledOut: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-pkeyopt', 'ec_param_enc:explicit'],
}

/** A self-signed certificate by openssl: `<name>.key`, `<name>.pem`. */
function makeCa(directory: string, name: string, key: keyof typeof KEYS, extensions: keyof typeof EXTENSIONS, days = '30'): void {
  writeFileSync(join(directory, 'ca.cnf'), `[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[v3]\n${EXTENSIONS[extensions]}`)
  const files = ['-keyout', `${name}.key`, '-out', `${name}.pem`]
  openssl(directory, 'req', '-x509', '-config', 'ca.cnf', ...KEYS[key], '-nodes', '-days', days, '-subj', `/O=Acme/CN=${name}`, ...files)
}

t.test('PEM and PKCS#12 of RSA and EC keys', { skip: noOpenssl }, (t) => {
  const directory = t.testdir()
  const read = (name: string) => readFileSync(join(directory, name))
  for (const kind of ['rsa', 'p256', 'p384'] as const) {
    makeCa(directory, kind, kind, 'good')
    const fromPem = importCaMaterial([read(`${kind}.pem`), read(`${kind}.key`)], undefined)
    t.equal(new CertificateAuthority(fromPem).algorithm, kind === 'rsa' ? 'rsa' : 'ecdsa')
    openssl(directory, 'x509', '-in', `${kind}.pem`, '-outform', 'DER', '-out', `${kind}.der`)
    t.same(importCaMaterial([read(`${kind}.key`), read(`${kind}.der`)], undefined), fromPem, `${kind}: DER certificate, other order`)
    const encrypted = ['pkcs8', '-topk8', '-in', `${kind}.key`, '-passout', 'pass:pw', '-out', `${kind}.enc`]
    openssl(directory, ...encrypted)
    t.same(importCaMaterial([read(`${kind}.enc`), read(`${kind}.pem`)], 'pw'), fromPem, `${kind}: encrypted key`)
    refuses(t, 'ca_password', () => importCaMaterial([read(`${kind}.enc`), read(`${kind}.pem`)], undefined))
    refuses(t, 'ca_password', () => importCaMaterial([read(`${kind}.enc`), read(`${kind}.pem`)], 'wrong'))
    const store = ['pkcs12', '-export', '-inkey', `${kind}.key`, '-in', `${kind}.pem`, '-passout', 'pass:pw']
    openssl(directory, ...store, '-out', 'modern.p12')
    openssl(directory, ...store, '-out', 'old.p12', '-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1')
    openssl(directory, ...store, '-out', 'open.p12', '-keypbe', 'NONE', '-certpbe', 'NONE')
    for (const file of ['modern.p12', 'old.p12', 'open.p12']) {
      t.same(importCaMaterial([read(file)], 'pw'), fromPem, `${kind}: ${file}`)
      refuses(t, 'ca_password', () => importCaMaterial([read(file)], 'wrong'))
    }
  }
  t.end()
})

t.test('what clients would not accept is refused', { skip: noOpenssl }, (t) => {
  const directory = t.testdir()
  const refusals: readonly [keyof typeof KEYS, keyof typeof EXTENSIONS, CaErrorCode][] = [
    ['p256', 'notCa', 'ca_not_a_ca'],
    ['p256', 'noUsage', 'ca_no_key_cert_sign'],
    ['p256', 'noSign', 'ca_no_key_cert_sign'],
    ['p256', 'noSki', 'ca_no_key_identifier'],
    ['p256', 'looseConstraint', 'ca_constraint_not_critical'],
    ['p256', 'clientOnly', 'ca_no_server_auth'],
    ['rsa1024', 'good', 'ca_key_unsupported'],
    ['ed25519', 'good', 'ca_key_unsupported'],
    ['spelledOut', 'good', 'ca_key_unsupported'],
  ]
  for (const [key, extensions, code] of refusals) {
    makeCa(directory, 'bad', key, extensions)
    const material = importCaMaterial([readFileSync(join(directory, 'bad.pem')), readFileSync(join(directory, 'bad.key'))], undefined)
    refuses(t, code, () => new CertificateAuthority(material))
  }
  t.end()
})

t.test('other names of a certificate, other forms of lines, keys with header fields', { skip: noOpenssl }, (t) => {
  const directory = t.testdir()
  makeCa(directory, 'ca', 'rsa', 'good')
  openssl(directory, 'x509', '-in', 'ca.pem', '-trustout', '-addtrust', 'serverAuth', '-out', 'trusted.pem')
  openssl(directory, 'rsa', '-in', 'ca.key', '-aes128', '-passout', 'pass:pw', '-out', 'fields.key', '-traditional')
  const [certificate, key, trusted, fields] = ['ca.pem', 'ca.key', 'trusted.pem', 'fields.key'].map((name) =>
    readFileSync(join(directory, name), 'latin1'),
  )
  const material = importCaMaterial([Buffer.from(`${certificate}${key}`)], undefined)
  const take = (...texts: readonly (string | undefined)[]) => importCaMaterial([Buffer.from(texts.join(''), 'latin1')], 'pw')
  t.same(take(trusted, key), material, 'TRUSTED CERTIFICATE')
  t.same(take(certificate?.replaceAll('CERTIFICATE', 'X509 CERTIFICATE'), key), material, 'X509 CERTIFICATE')
  t.match(fields, /DEK-Info/)
  for (const [name, text] of Object.entries({ key, fields })) {
    for (const form of [text, text?.replaceAll('\n', '\r\n'), text?.replaceAll('\n', '\r'), text?.replaceAll(/^/gm, '  ')])
      t.same(take(form, certificate), material, `${name}: ${JSON.stringify(form?.slice(0, 36))}`)
  }
  t.end()
})

t.test('an encryption that is not read here is no wrong password', (t) => {
  const { certificatePem } = createAuthority(Date.now()).material
  const label = 'RSA PRIVATE KEY'
  const key = `-----BEGIN ${label}-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: RC2-CBC,0011223344556677\n\nAAAA\n-----END ${label}-----\n`
  t.throws(() => importCaMaterial([Buffer.from(key + certificatePem)], 'pw'), { code: 'ca_corrupt', message: /old algorithm/ })
  refuses(t, 'ca_password', () => importCaMaterial([Buffer.from(key.replace('RC2', 'AES-128') + certificatePem)], 'pw'))
  t.end()
})

t.test('an intermediate brings its chain, without the root', { skip: noOpenssl }, (t) => {
  const directory = t.testdir({ 'sub.ext': EXTENSIONS.good })
  makeCa(directory, 'root', 'p256', 'good')
  openssl(directory, 'req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'sub.key', '-out', 'sub.csr', '-subj', '/CN=sub')
  const signed = ['x509', '-req', '-in', 'sub.csr', '-CA', 'root.pem', '-CAkey', 'root.key', '-CAcreateserial', '-extfile', 'sub.ext']
  openssl(directory, ...signed, '-out', 'sub.pem')
  openssl(directory, 'req', '-newkey', 'rsa:2048', '-nodes', '-keyout', 'sub2.key', '-out', 'sub2.csr', '-subj', '/CN=sub2')
  const second = ['x509', '-req', '-in', 'sub2.csr', '-CA', 'sub.pem', '-CAkey', 'sub.key', '-CAcreateserial', '-extfile', 'sub.ext']
  openssl(directory, ...second, '-out', 'sub2.pem')
  const inputs = ['root.pem', 'sub.pem', 'sub2.pem', 'sub2.key'].map((name) => readFileSync(join(directory, name)))
  const authority = new CertificateAuthority(importCaMaterial(inputs, undefined))
  t.equal(authority.isSelfSigned, false)
  t.equal(authority.certificate.subject, 'CN=sub2')
  t.equal(authority.material.chainPem.split('BEGIN CERTIFICATE').length - 1, 1, 'sub, not the root')
  t.end()
})

t.test('incomplete and foreign input', (t) => {
  const { keyPem, certificatePem } = createAuthority(Date.now()).material
  const other = createAuthority(Date.now())
  refuses(t, 'ca_no_key', () => importCaMaterial([Buffer.from(certificatePem)], undefined))
  refuses(t, 'ca_no_key', () => importCaMaterial([exportJavaTrustStore(other, 'pw', Date.now()).bytes], 'pw'))
  refuses(t, 'ca_no_certificate', () => importCaMaterial([Buffer.from(keyPem)], undefined))
  t.equal(importCaMaterial([Buffer.from(other.material.keyPem + keyPem + certificatePem)], undefined).keyPem, keyPem, 'the key that fits')
  refuses(t, 'ca_key_mismatch', () => importCaMaterial([Buffer.from(keyPem + other.material.certificatePem)], undefined))
  for (const text of ['', 'garbage', '\x30\x03\x02\x01\x03', '\x30\x82\xff\xff']) {
    refuses(t, 'ca_corrupt', () => importCaMaterial([Buffer.from(text, 'latin1')], undefined))
  }
  refuses(t, 'ca_corrupt', () => importCaMaterial([Buffer.from(keyPem.replace(/\n.{9}/, '\n') + certificatePem)], undefined))
  const half = [Buffer.from(keyPem.slice(0, -30)), Buffer.from(certificatePem)]
  t.throws(() => importCaMaterial(half, undefined), { code: 'ca_corrupt', message: /^file 0 begins PEM and does not end it/ })
  t.throws(() => importCaMaterial([Buffer.from(certificatePem)], undefined), { message: /^file 0: no private key was found/ })
  t.same(importCaMaterial([exportIdentityPkcs12(other, 'pass word').bytes], 'pass word'), other.material, 'our own export')
  t.end()
})
