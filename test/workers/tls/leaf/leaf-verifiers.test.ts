/**
 * Leaves as other people's verifiers see them: each handshakes for real (or checks the file), strictly, for every kind of host
 * and both key profiles. A verifier that is not installed is skipped, with that reason.
 */

import { execFile, spawnSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { domainToASCII, fileURLToPath } from 'node:url'
import t from 'tap'
import { exportJavaTrustStore } from '../../../../src/workers/tls/ca/ca-export.ts'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'
import { LeafCache } from '../../../../src/workers/tls/leaf/leaf-cache.ts'
import { LeafIssuer } from '../../../../src/workers/tls/leaf/leaf-issuer.ts'
import { createTicketSecret, TicketKeys } from '../../../../src/workers/tls/leaf/ticket-keys.ts'
import type { KeyAlgorithm } from '../../../../src/workers/tls/x509/certificate-builder.ts'
import { handshake, startTlsPeer, type TlsPeer } from '../../../support/harnesses/tls-peers.ts'

t.setTimeout(600_000)

const root = fileURLToPath(new URL('../../../../..', import.meta.url))
const verifiers = join(root, 'test/support/verifiers')
const wildcard = new X509Certificate(readFileSync(join(root, 'test/fixtures/badssl-chains/wildcard-ecc256.pem')))
const noSubject = new X509Certificate(readFileSync(join(root, 'test/fixtures/badssl-chains/subdomain-no-subject.pem')))
const long = `${'l'.repeat(44)}.${'o'.repeat(43)}.example.com`

interface Case {
  readonly name: string
  /** What the client asked the proxy for. */
  readonly host: string
  /** What the verifier checks the leaf against, where it differs. */
  readonly verifyAs?: string
  readonly mirror?: X509Certificate
}

const cases: readonly Case[] = [
  { name: 'plain host', host: 'www.example.com' },
  { name: 'trailing dot, capitals', host: 'WWW.Example.com.', verifyAs: 'www.example.com' },
  { name: 'IPv4', host: '192.0.2.7' },
  { name: 'IPv6', host: '2001:db8::7' },
  { name: 'IDN', host: 'bücher.example', verifyAs: domainToASCII('bücher.example') },
  { name: 'underscore', host: 'my_service.example.com' },
  { name: '100 characters', host: long },
  { name: 'mirrored wildcard', host: 'www.badssl.test', verifyAs: 'other.badssl.com', mirror: wildcard },
  { name: "the origin's names alone", host: 'www.badssl.com', mirror: wildcard },
  { name: 'the same leaf for another host', host: 'pay.badssl.com', mirror: wildcard },
  { name: 'underscore, below a mirrored wildcard', host: 'my_service.badssl.com', mirror: wildcard },
  { name: 'mirrored, no subject', host: 'www.badssl.test', mirror: noSubject },
]

interface Minted {
  readonly label: string
  readonly host: string
  readonly file: string
  readonly peer: TlsPeer
}

const directory = mkdtempSync(join(tmpdir(), 'soth-verifiers-'))
const authority = createAuthority(Date.now())
const caFile = join(directory, 'ca.pem')
const trustStore = join(directory, 'trust.p12')
writeFileSync(caFile, authority.material.certificatePem)
writeFileSync(trustStore, exportJavaTrustStore(authority, 'changeit', Date.now()).bytes)
const issuer = new LeafIssuer(authority, Date.now)
const cache = new LeafCache(issuer, new TicketKeys(createTicketSecret(), Date.now), 64, { add: () => undefined }, Date.now)
const minted: Minted[] = []

t.before(async () => {
  for (const [index, item] of cases.entries()) {
    for (const profile of ['ecdsa', 'rsa'] satisfies KeyAlgorithm[]) {
      const request = { host: item.host, mirror: item.mirror, profile }
      const context = cache.contextFor(request)
      const leaf = issuer.issueLeaf(request)
      if (context === undefined || leaf === undefined) throw new Error(`no leaf for ${item.host}`)
      const file = join(directory, `${index}-${profile}.pem`)
      writeFileSync(file, leaf.chainPem)
      const peer = await startTlsPeer(context)
      minted.push({ label: `${item.name}, ${profile}`, host: item.verifyAs ?? item.host, file, peer })
    }
  }
})

t.teardown(async () => {
  for (const { peer } of minted) await peer.close()
  rmSync(directory, { recursive: true })
})

/** False, or the reason to skip. */
function absent(command: string, argument: string): string | false {
  return spawnSync(command, [argument]).error === undefined ? false : `${command} is not installed`
}

/** Feeds `port host` lines to a program and returns its line for each. */
function answers(command: string, args: readonly string[]): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = execFile(command, args, { cwd: directory, timeout: 100_000 }, (error, stdout, stderr) => {
      if (error !== null) reject(new Error(`${command}: ${stderr}`))
      else resolve(stdout.trim().split('\n'))
    })
    child.stdin?.end(minted.map(({ peer, host }) => `${peer.port} ${host}\n`).join(''))
  })
}

t.test('Node', async (t) => {
  for (const { label, host, peer } of minted) {
    const servername = isIP(host) === 0 ? host : ''
    const seen = await handshake(peer.port, {
      ca: [authority.material.certificatePem],
      servername,
      checkServerIdentity: (_name, certificate) => {
        const x509 = new X509Certificate(certificate.raw)
        const matches = isIP(host) === 0 ? x509.checkHost(host) : x509.checkIP(host)
        return matches === undefined ? new Error(`not for ${host}`) : undefined
      },
    })
    t.equal(seen.protocol, 'TLSv1.3', label)
  }
})

t.test('openssl verify -x509_strict', { skip: absent('openssl', 'version') }, async (t) => {
  for (const { label, host, file } of minted) {
    const name = isIP(host) === 0 ? ['-verify_hostname', host] : ['-verify_ip', host]
    const run = spawnSync('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', ...name, '-CAfile', caFile, file])
    t.equal(run.status, 0, `${label}: ${run.stderr}`)
  }
})

t.test('Python ssl, VERIFY_X509_STRICT', { skip: absent('python3', '--version') }, async (t) => {
  const results = await answers('python3', [join(verifiers, 'verify.py'), caFile])
  for (const [index, { label }] of minted.entries()) t.equal(results[index], 'ok', label)
})

t.test('Go crypto/tls', { skip: absent('go', 'version') }, async (t) => {
  const results = await answers('go', ['run', join(verifiers, 'verify.go'), caFile])
  for (const [index, { label }] of minted.entries()) t.equal(results[index], 'ok', label)
})

t.test('Java', { skip: absent('java', '-version') }, async (t) => {
  const results = await answers('java', [join(verifiers, 'Verify.java'), trustStore, 'changeit'])
  for (const [index, { label, host }] of minted.entries()) {
    // Java's own SNIHostName takes no underscore: it refuses the name before it looks at the certificate.
    if (host.includes('_')) t.match(results[index], /illegal/i, label)
    else t.equal(results[index], 'ok', label)
  }
})

t.test('GnuTLS certtool', { skip: absent('certtool', '--version') }, async (t) => {
  for (const { label, host, file } of minted) {
    const args = ['--verify', '--load-ca-certificate', caFile, '--infile', file, '--verify-profile', 'medium']
    const run = spawnSync('certtool', [...args, '--verify-hostname', host, '--verify-purpose', '1.3.6.1.5.5.7.3.1'])
    // certtool compares its argument as a DNS name only; addresses are checked without it.
    const status = isIP(host) === 0 ? run.status : spawnSync('certtool', args).status
    t.equal(status, 0, `${label}: ${run.stdout}`)
  }
})

t.test('NSS certutil', { skip: absent('certutil', '-H') }, async (t) => {
  const database = `sql:${directory}`
  const run = (...args: string[]) => spawnSync('certutil', [...args, '-d', database])
  run('-N', '--empty-password')
  run('-A', '-n', 'root', '-t', 'C,,', '-i', caFile)
  for (const [index, { label, file }] of minted.entries()) {
    run('-A', '-n', `leaf ${index}`, '-t', ',,', '-i', file)
    const check = run('-V', '-u', 'V', '-e', '-l', '-n', `leaf ${index}`)
    t.equal(check.status, 0, `${label}: ${check.stderr}${check.stdout}`)
  }
})
