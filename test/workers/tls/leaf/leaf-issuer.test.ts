/**
 * Leaf certificates octet by octet, for hosts in every form and for real and absurd origin certificates.
 */

import { createPublicKey, X509Certificate } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { domainToASCII, fileURLToPath } from 'node:url'
import fc from 'fast-check'
import t from 'tap'
import { LEAF_NAMES_LIMIT, LEAF_NAMES_LIMIT_BYTES } from '../../../../src/shared/limits/certificates.ts'
import { CertificateAuthority } from '../../../../src/workers/tls/ca/certificate-authority.ts'
import { createAuthority } from '../../../../src/workers/tls/ca/create-authority.ts'
import { type Leaf, LeafIssuer, type LeafRequest } from '../../../../src/workers/tls/leaf/leaf-issuer.ts'
import {
  basicConstraints,
  buildCertificate,
  distinguishedName,
  subjectAltNames,
} from '../../../../src/workers/tls/x509/certificate-builder.ts'
import { readCertificate } from '../../../../src/workers/tls/x509/certificate-reader.ts'
import { embed } from '../../../../src/workers/tls/x509/der-writer.ts'

const DAY_MS = 86_400_000
const fixtures = fileURLToPath(new URL('../../../../../test/fixtures/badssl-chains/', import.meta.url))
const startMs = Date.parse('2026-06-15T12:00:00Z')
const authority = createAuthority(startMs)
const issuer = new LeafIssuer(authority, () => startMs)

function issue(request: Partial<LeafRequest> & { host: string }, from = issuer): Leaf & { x509: X509Certificate } {
  const leaf = from.issueLeaf({ profile: 'ecdsa', ...request })
  if (leaf === undefined) throw new Error(`no leaf for ${request.host}`)
  return { ...leaf, x509: new X509Certificate(leaf.certificateDer) }
}

function altNames(leaf: Leaf): string[] {
  const names = readCertificate(leaf.certificateDer)?.names(100_000) ?? []
  return Array.from(names, (name) => (name.type === 'dns' ? name.name : name.address.toString('hex')))
}

/** An origin's certificate with any subject and names. */
function origin(commonName: string | undefined, organization: string | undefined, names: readonly string[]): X509Certificate {
  const der = buildCertificate(
    {
      issuer: authority.subject,
      subject: distinguishedName(commonName, organization),
      publicKey: embed(createPublicKey(authority.key).export({ type: 'spki', format: 'der' })),
      notBeforeMs: startMs,
      notAfterMs: startMs + DAY_MS,
      extensions: [
        basicConstraints(false),
        subjectAltNames(
          names.map((name) => ({ type: 'dns', name })),
          false,
        ),
      ],
    },
    authority.key,
    'ecdsa',
  )
  return new X509Certificate(der)
}

t.test('the profile, octet by octet', (t) => {
  const { x509, certificateDer, chainPem, renewAtMs, notAfterMs } = issue({ host: 'example.com' })
  const facts = readCertificate(certificateDer)
  t.ok(x509.verify(authority.certificate.publicKey), 'signed by the CA')
  t.ok(x509.checkIssued(authority.certificate), 'AKI and issuer fit')
  t.same(facts?.issuerDer, readCertificate(authority.certificate.raw)?.subjectDer, 'issuer repeated octet for octet')
  t.equal(facts?.keyIdentifier, undefined, 'no SKI')
  t.equal(facts?.isCa, false)
  t.match(x509.serialNumber, /^[4-7][0-9A-F]{31}$/, '16 octets, positive')
  t.equal(Date.parse(x509.validFrom), startMs - 1.5 * DAY_MS)
  t.equal(Date.parse(x509.validTo), notAfterMs)
  t.ok(notAfterMs - Date.parse(x509.validFrom) <= 46 * DAY_MS)
  t.equal(renewAtMs, startMs + 29 * DAY_MS, 'two thirds of 43.5 days')
  t.equal(chainPem.split('BEGIN').length - 1, 1, 'the leaf only')
  t.equal(x509.toString(), chainPem)
  t.not(issue({ host: 'example.com' }).x509.serialNumber, x509.serialNumber)
  t.end()
})

t.test('hosts in all their forms', (t) => {
  const long = `${'a'.repeat(40)}.${'b'.repeat(40)}.example.com`
  const table: readonly [host: string, name: string, subject: string | undefined][] = [
    ['example.com', 'example.com', 'CN=example.com'],
    ['EXAMPLE.com.', 'example.com', 'CN=example.com'],
    ['localhost', 'localhost', 'CN=localhost'],
    ['bücher.example', 'xn--bcher-kva.example', 'CN=xn--bcher-kva.example'],
    ['my_host.example.com', 'my_host.example.com', 'CN=my_host.example.com'],
    [`${'c'.repeat(59)}.com`, `${'c'.repeat(59)}.com`, `CN=${'c'.repeat(59)}.com`],
    [`${'c'.repeat(60)}.com`, `${'c'.repeat(60)}.com`, undefined],
    [long, long, undefined],
    ['192.0.2.1', 'c0000201', undefined],
    ['::1', '00000000000000000000000000000001', undefined],
    ['[2001:db8::a:b]', '20010db8000000000000000000' + '0a000b', undefined],
    ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006', undefined],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201', undefined],
    ['fe80::1%eth0', 'fe800000000000000000000000000001', undefined],
    ['1::', '00010000000000000000000000000000', undefined],
  ]
  for (const [host, name, subject] of table) {
    for (const profile of ['ecdsa', 'rsa'] as const) {
      const leaf = issue({ host, profile })
      t.same(altNames(leaf), [name], host)
      t.equal(leaf.x509.subject || undefined, subject, `${host}: subject`)
      // extnID 2.5.29.17, then TRUE where critical.
      t.equal(leaf.certificateDer.includes(Buffer.from('0603551d110101ff', 'hex')), subject === undefined, `${host}: criticality`)
    }
  }
  const noNames = [
    '',
    '.',
    'a..b',
    'a b',
    'a/b',
    '*.example.com',
    `${'a'.repeat(64)}.com`,
    `${'a.'.repeat(127)}toolong`,
    'a\0b',
    '1.2.3.4.5:80',
  ]
  for (const host of noNames) t.equal(issuer.issueLeaf({ host, profile: 'ecdsa' }), undefined, JSON.stringify(host))
  t.end()
})

t.test('what is copied from the origin', (t) => {
  const leaf = issue({ host: 'www.shop.test', mirror: origin('Shop', 'Shop Ltd', ['shop.test', 'WWW.shop.test', '*.cdn.shop.test']) })
  t.equal(leaf.x509.subject, 'O=Shop Ltd\nCN=Shop')
  t.same(altNames(leaf), ['shop.test', 'www.shop.test', '*.cdn.shop.test'], "the origin's own where they are for the host")
  const other = issue({ host: 'pay.shop.test', mirror: origin('Shop', undefined, ['shop.test', 'SHOP.test', '*.cdn.shop.test']) })
  t.same(altNames(other), ['pay.shop.test', 'shop.test', '*.cdn.shop.test'], 'else the host first; no name twice')
  t.equal(issue({ host: 'a.test', mirror: origin('192.0.2.1', undefined, []) }).x509.subject, 'CN=a.test', 'an address is no common name')
  t.equal(issue({ host: 'a.test', mirror: origin('x'.repeat(64), 'y'.repeat(64), []) }).x509.subject, 'CN=a.test', 'too long')
  t.equal(issue({ host: 'a.test', mirror: origin('tab\there', 'nul\0', []) }).x509.subject, 'CN=a.test', 'controls')
  for (const name of ['*.com', '*.co.uk', '*.github.io', '*', 'f*.a.test'])
    t.equal(issue({ host: 'a.test', mirror: origin(name, undefined, []) }).x509.subject, 'CN=a.test', `${name} is for too many`)
  t.equal(issue({ host: 'a.test', mirror: origin('*.shop.de', undefined, []) }).x509.subject, 'CN=*.shop.de')
  const bad = [
    '*',
    '*.com',
    '*.co.uk',
    '*.test',
    'a.*.test',
    'f*.a.test',
    '*.*.a.test',
    'bü.test',
    'sp ace',
    '.a',
    'a.',
    '1.2.3.4',
    'a@b',
    '',
  ]
  t.same(altNames(issue({ host: 'a.test', mirror: origin('a', undefined, bad) })), ['a.test'], 'names that clients would choke on')
  t.same(
    altNames(issue({ host: 'a.test', mirror: origin('a', undefined, ['*.a.test', '*.x.de', '*.de', '*.github.io']) })),
    ['a.test', '*.a.test', '*.x.de'],
    'a wildcard under a public suffix is left out',
  )
  const lenient = new LeafIssuer(
    authority,
    () => startMs,
    (domain) => domain === 'de',
  )
  t.same(
    altNames(issue({ host: 'a.test', mirror: origin('a', undefined, ['*.x.de', '*.de']) }, lenient)),
    ['a.test', '*.x.de'],
    'injected list',
  )
  t.end()
})

t.test("which hosts the origin's names alone serve", (t) => {
  const mirror = origin('Shop', undefined, ['shop.test', '*.shop.test', 'exact_name.test'])
  const own = ['shop.test', '*.shop.test', 'exact_name.test']
  for (const host of ['shop.test', 'WWW.shop.test.', 'a-1.shop.test', 'exact_name.test']) {
    const leaf = issue({ host, mirror })
    t.same(altNames(leaf), own, host)
    t.same([...(leaf.shared ?? [])], own)
    t.equal(leaf.x509.subject, 'CN=Shop')
  }
  for (const host of ['a.b.shop.test', 'my_host.shop.test', 'xn--bcher-kva.shop.test', 'else.test', '192.0.2.1', '.shop.test']) {
    const leaf = issuer.issueLeaf({ host, mirror, profile: 'ecdsa' })
    t.equal(leaf?.shared, undefined, host)
    t.equal(leaf === undefined ? host : altNames(leaf).length, host === '.shop.test' ? host : 4, host)
  }
  t.equal(issue({ host: 'a.test', mirror: origin(undefined, undefined, ['*.b.test', 'a.test']) }).x509.subject, 'CN=*.b.test')
  t.equal(issue({ host: 'a.test' }).shared, undefined, 'nothing mirrored')
  t.end()
})

t.test('absurd origins are bounded', (t) => {
  const many = Array.from({ length: 10_000 }, (_, index) => `n${index}.example.com`)
  t.equal(altNames(issue({ host: 'a.test', mirror: origin('a', 'b', many) })).length, LEAF_NAMES_LIMIT)
  const wide = Array.from({ length: 100 }, (_, index) => `${'w'.repeat(60)}.${'v'.repeat(60)}.n${index}.test`)
  const names = altNames(issue({ host: 'a.test', mirror: origin('a', 'b', wide) }))
  t.ok(names.join('').length <= LEAF_NAMES_LIMIT_BYTES && names.length > 20, `${names.length} names`)
  t.end()
})

t.test('never past the end of the CA, never from an expired one', (t) => {
  let nowMs = authority.notAfterMs - 10 * DAY_MS
  const late = new LeafIssuer(authority, () => nowMs)
  const leaf = issue({ host: 'a.test' }, late)
  t.equal(Date.parse(leaf.x509.validTo), authority.notAfterMs)
  t.ok(leaf.renewAtMs < authority.notAfterMs)
  nowMs = authority.notAfterMs
  t.throws(() => late.issueLeaf({ host: 'a.test', profile: 'ecdsa' }), { code: 'ca_expired' })
  t.end()
})

t.test('dates from 2050 on are GeneralizedTime', (t) => {
  const nowMs = Date.parse('2049-12-20T00:00:00Z')
  const { x509 } = issue({ host: 'a.test' }, new LeafIssuer(createAuthority(nowMs), () => nowMs))
  t.equal(Date.parse(x509.validTo), nowMs + 43.5 * DAY_MS)
  t.match(x509.raw.toString('latin1').replace(/[^ -~]/g, '.'), /\.\.491218120000Z\.\.20500201120000Z/)
  t.end()
})

t.test('an intermediate CA is sent along', (t) => {
  const material = { ...authority.material, certificatePem: intermediatePem() }
  const leaf = issue({ host: 'a.test' }, new LeafIssuer(new CertificateAuthority(material), () => startMs))
  t.equal(leaf.chainPem.split('BEGIN').length - 1, 2)
  t.end()
})

/** The CA's key under another issuer's name. */
function intermediatePem(): string {
  const root = createAuthority(startMs)
  const parts = readCertificate(authority.certificate.raw)
  if (parts === undefined) throw new Error('unreadable')
  const tbs = embed(authority.certificate.raw).value[0]
  if (typeof tbs === 'string' || tbs === undefined || typeof tbs.value === 'string') throw new Error('no TBS')
  const list = tbs.value[7]?.value[0]
  if (typeof list === 'string' || list === undefined || typeof list.value === 'string') throw new Error('no extensions')
  const fields = {
    issuer: root.subject,
    subject: authority.subject,
    publicKey: embed(createPublicKey(authority.key).export({ type: 'spki', format: 'der' })),
    notBeforeMs: startMs - DAY_MS,
    notAfterMs: startMs + 100 * DAY_MS,
    extensions: list.value,
  }
  return new X509Certificate(buildCertificate(fields, root.key, 'ecdsa')).toString()
}

t.test('real certificates as mirrors', (t) => {
  const corpora = process.env['SOTH_CORPORA']
  const corpus = corpora === undefined ? undefined : join(corpora, 'badssl-chains')
  const folders = [fixtures, ...(corpus !== undefined && existsSync(corpus) ? [corpus, join(corpus, 'old')] : [])]
  if (folders.length === 1) t.comment('SOTH_CORPORA is not set: the committed part of badssl-chains only')
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((file) => file.endsWith('.pem'))) {
      const mirror = new X509Certificate(readFileSync(join(folder, name)))
      const leaf = issue({ host: 'requested.test', mirror })
      const names = altNames(leaf)
      t.equal(names[0], 'requested.test', name)
      t.ok(names.length <= LEAF_NAMES_LIMIT && leaf.certificateDer.length < 6_000, `${name}: ${names.length} names`)
    }
  }
  t.end()
})

t.test('any host gives a leaf for it or none, never a throw', (t) => {
  const host = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.domain(), fc.ipV4(), fc.ipV6())
  fc.assert(
    fc.property(host, (text) => {
      const leaf = issuer.issueLeaf({ host: text, profile: 'ecdsa' })
      if (leaf === undefined) return
      const x509 = new X509Certificate(leaf.certificateDer)
      // Of ASCII text nothing is read into it: `domainToASCII('0')` would be 0.0.0.0.
      const bare = text.replace(/^\[(.*)\]$/s, '$1')
      const ascii = (/^[\x20-\x7e]*$/.test(bare) ? bare : domainToASCII(bare)).replace(/\.$/, '').toLowerCase()
      // OpenSSL's matcher takes neither zones nor underscores in what it is asked for.
      fc.pre(!text.includes('%') && !text.includes('_'))
      const matches = isIP(bare) === 0 ? x509.checkHost(ascii) : x509.checkIP(bare)
      if (matches === undefined) throw new Error(`not for ${text}`)
    }),
    { numRuns: 500 },
  )
  t.end()
})

t.test('any octets as an origin certificate read or do not, never a throw', (t) => {
  const seeds = readdirSync(fixtures).filter((file) => file.endsWith('.pem'))
  const ders = seeds.map((file) => new X509Certificate(readFileSync(join(fixtures, file))).raw)
  const edits = fc.array(fc.tuple(fc.nat(4_000), fc.nat(255)), { maxLength: 8 })
  fc.assert(
    fc.property(fc.constantFrom(...ders), edits, fc.nat(4_000), (der, changes, cut) => {
      const damaged = Buffer.from(cut % 3 === 0 ? der.subarray(0, cut) : der)
      for (const [at, value] of changes) if (at < damaged.length) damaged[at] = value
      const facts = readCertificate(damaged)
      if (facts !== undefined) Array.from(facts.names(1_000))
    }),
    { numRuns: 2_000 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => void readCertificate(Buffer.from(bytes))))
  t.end()
})
