/** Name constraints of a CA: which names its leaves copy, by RFC 5280 §4.2.1.10, and as `openssl verify` judges the leaf. */

import { spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CertificateAuthority } from '../../../../src/workers/tls/ca/certificate-authority.ts'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'
import { LeafIssuer } from '../../../../src/workers/tls/leaf/leaf-issuer.ts'
import { readCertificate } from '../../../../src/workers/tls/x509/certificate-reader.ts'

t.setTimeout(600_000)

const noOpenssl = spawnSync('openssl', ['version']).error === undefined ? false : 'openssl is not installed'

/** Constraints in OpenSSL's words; hosts that may be asked for; names of the origin's certificate that must not be copied. */
const CASES: readonly (readonly [constraints: string, hosts: readonly string[], left: readonly string[]])[] = [
  ['permitted;DNS:corp.test', ['a.corp.test', 'corp.test'], ['other.example', '*.other.example', 'xcorp.test', '*.sub.example']],
  ['permitted;DNS:.corp.test', ['a.corp.test'], ['other.example', '*.other.example', 'xcorp.test', '*.sub.example', 'corp.test']],
  ['permitted;DNS:corp.test,permitted;DNS:other.example', ['a.corp.test', 'other.example'], ['xcorp.test', '*.sub.example']],
  ['excluded;DNS:other.example', ['a.corp.test'], ['other.example', '*.other.example']],
  ['excluded;DNS:a.other.example', ['a.corp.test'], ['*.other.example']],
  ['permitted;IP:10.0.0.0/255.0.0.0', ['10.1.2.3', 'a.corp.test'], ['192.0.2.1', '2001:db8::1']],
  ['excluded;IP:192.0.2.0/255.255.255.0', ['10.1.2.3', 'a.corp.test'], ['192.0.2.1']],
  [
    'permitted;DNS:corp.test,permitted;IP:10.0.0.0/255.0.0.0',
    ['10.1.2.3'],
    ['192.0.2.1', '2001:db8::1', 'xcorp.test', 'other.example', '*.other.example', '*.sub.example'],
  ],
  ['permitted;dirName:dir', ['a.corp.test'], []],
]
const NAMES = ['a.corp.test', 'corp.test', 'xcorp.test', 'other.example', '*.other.example', '*.sub.example']
const ADDRESSES = ['10.1.2.3', '192.0.2.1', '2001:db8::1']

function openssl(directory: string, ...args: string[]): void {
  const run = spawnSync('openssl', args, { cwd: directory })
  if (run.status !== 0) throw new Error(`openssl ${args.join(' ')}: ${run.stderr}`)
}

/** A subjectAltName entry as Node tells it, in the form in which it was asked of openssl. */
function inOpensslWords(entry: string): string {
  return entry.replace('IP Address:', 'IP:').replace('2001:DB8:0:0:0:0:0:1', '2001:db8::1')
}

/** A self-signed certificate with its key, by openssl. */
function make(directory: string, name: string, subject: string, extensions: string): void {
  const text = `[req]\ndistinguished_name=dn\nx509_extensions=v3\n[dn]\n[dir]\nO=Corp\n[v3]\n${extensions}\n`
  writeFileSync(join(directory, 'req.cnf'), text)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`]
  openssl(directory, 'req', '-x509', '-config', 'req.cnf', ...key, '-days', '90', '-subj', subject, '-out', `${name}.pem`)
}

t.test('a leaf copies the names alone that its CA may sign for', { skip: noOpenssl }, async (t) => {
  const directory = t.testdir()
  const read = (name: string) => readFileSync(join(directory, name), 'utf8')
  const names = [...NAMES.map((name) => `DNS:${name}`), ...ADDRESSES.map((address) => `IP:${address}`)]
  make(directory, 'origin', '/O=Elsewhere/CN=other.example', `subjectAltName=${names.join(',')}`)
  const mirror = new X509Certificate(read('origin.pem'))
  const profile = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\nsubjectKeyIdentifier=hash\n'
  for (const [constraints, hosts, left] of CASES) {
    make(directory, 'ca', '/CN=Constrained', `${profile}nameConstraints=critical,${constraints}`)
    const material = { keyPem: read('ca.key'), certificatePem: read('ca.pem'), chainPem: '', previous: [] }
    const issuer = new LeafIssuer(new CertificateAuthority(material), Date.now)
    for (const host of hosts) {
      const leaf = issuer.issueLeaf({ host, mirror, profile: 'ecdsa' })
      if (leaf === undefined) throw new Error(`no leaf for ${host}`)
      writeFileSync(join(directory, 'leaf.pem'), leaf.chainPem)
      const match = /^[\d.]+$/.test(host) ? '-verify_ip' : '-verify_hostname'
      const run = spawnSync('openssl', ['verify', '-x509_strict', '-CAfile', 'ca.pem', match, host, 'leaf.pem'], { cwd: directory })
      t.equal(run.status, 0, `${constraints}, ${host}: ${run.stderr}`)
      const text = new X509Certificate(leaf.certificateDer).subjectAltName?.split(', ') ?? []
      const kept = names.filter((name) => !left.includes(name.slice(name.indexOf(':') + 1)))
      t.strictSame(text.map(inOpensslWords).toSorted(), kept.toSorted(), `${constraints}, ${host}`)
    }
  }
})

t.test('a CA without constraints allows everything', (t) => {
  const root = readCertificate(createAuthority(Date.now()).certificate.raw)?.nameConstraints()
  t.equal(root?.allows({ type: 'dns', name: '*.anything.example' }), true)
  t.equal(root?.allows({ type: 'ip', address: Uint8Array.of(1, 2, 3, 4) }), true)
  t.equal(root?.constrainsSubject, false)
  t.end()
})
