/** judgeStaple: what right staples say, of this certificate only, and no other is believed; any octets without a throw. */

import { execFileSync } from 'node:child_process'
import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { OCSP_STAPLE_BYTES } from '../../../../src/shared/limits/tls.ts'
import { judgeStaple } from '../../../../src/workers/tls/verification/ocsp-verdict.ts'
import { lacking } from '../../../support/lacking.ts'
import { context, der, octets, oid, sequence } from '../../../support/pki/der.ts'
import {
  daysFromNow,
  dnsName,
  ecKeys,
  extendedKeyUsage,
  type Made,
  makeCa,
  makeLeaf,
  OCSP_GOOD,
  OCSP_REVOKED,
  OCSP_UNKNOWN,
  type OcspWish,
  OIDS,
  ocspResponse,
} from '../../../support/pki/wrong-pki.ts'

const root = makeCa('root')
const leaf = makeLeaf(root, [dnsName('a.example')])
const ISSUER = new X509Certificate(root.pem)
const LEAF = new X509Certificate(leaf.pem)
const SIGNS_OCSP = { purpose: extendedKeyUsage(OIDS.ocspSigning) }

const judge = (staple: Buffer) => judgeStaple(staple, LEAF, ISSUER)
const revoked = (wish: OcspWish) => judge(ocspResponse(leaf, root, OCSP_REVOKED, wish))

t.test('the statuses', async (t) => {
  const TABLE = [
    ['good', OCSP_GOOD],
    ['revoked', OCSP_REVOKED],
    ['revoked', context(1, false)],
    ['unknown', OCSP_UNKNOWN],
    ['invalid', context(5, false)],
  ] as const
  for (const [expected, status] of TABLE) t.equal(judge(ocspResponse(leaf, root, status)), expected)
})

t.test('a serial number whose highest bit is set has an octet more in DER', async (t) => {
  // Node writes the number without the octet, DER with it.
  const padded: Made = { ...leaf, serial: Buffer.concat([Buffer.of(0), leaf.serial]) }
  t.equal(judge(ocspResponse(padded, root, OCSP_REVOKED)), 'revoked')
})

t.test('of another certificate, issuer or name', async (t) => {
  const other = makeLeaf(root, [dnsName('a.example')])
  t.equal(judge(ocspResponse(other, root, OCSP_REVOKED)), 'invalid')
  t.equal(judge(ocspResponse(leaf, makeCa('root'), OCSP_REVOKED)), 'invalid', 'another key')
  t.equal(judge(ocspResponse(leaf, { ...root, name: 'other' }, OCSP_REVOKED)), 'invalid', 'another name')
  const stranger = makeCa('root')
  t.equal(
    judgeStaple(ocspResponse(leaf, stranger, OCSP_REVOKED), LEAF, new X509Certificate(stranger.pem)),
    'invalid',
    'did not sign the leaf',
  )
  t.equal(judgeStaple(ocspResponse(leaf, root, OCSP_REVOKED), LEAF, undefined), 'invalid', 'no issuer')
})

t.test('times', async (t) => {
  t.equal(revoked({ thisUpdate: daysFromNow(-9), nextUpdate: daysFromNow(1) }), 'revoked')
  t.equal(revoked({ thisUpdate: daysFromNow(-9), nextUpdate: daysFromNow(-1) }), 'invalid', 'expired')
  t.equal(revoked({ thisUpdate: daysFromNow(-9) }), 'invalid', 'old, without nextUpdate')
  t.equal(revoked({ thisUpdate: daysFromNow(1), nextUpdate: daysFromNow(2) }), 'invalid', 'of tomorrow')
  t.equal(revoked({ thisUpdate: daysFromNow(1 / 1440) }), 'revoked', 'a minute of skew')
})

t.test('signers', async (t) => {
  t.equal(revoked({ signer: ecKeys() }), 'invalid', 'forged')
  t.equal(revoked({ signature: (signature) => signature.subarray(1) }), 'invalid', 'spoilt')
  t.equal(revoked({ responder: makeLeaf(root, [], { name: 'responder' }, SIGNS_OCSP) }), 'revoked', 'delegated')
  t.equal(revoked({ responder: makeLeaf(root, []) }), 'invalid', 'a server’s certificate of the same issuer')
  t.equal(revoked({ responder: makeLeaf(makeCa('root'), [], {}, SIGNS_OCSP) }), 'invalid', 'another issuer’s responder')
  t.equal(revoked({ responder: makeLeaf(root, [], { notAfter: daysFromNow(-0.5) }, SIGNS_OCSP) }), 'invalid', 'an expired responder')
})

t.test('what is no answer, or too long to be one', async (t) => {
  const staple = ocspResponse(leaf, root, OCSP_REVOKED)
  for (let length = 0; length < staple.length; length++) t.equal(judge(staple.subarray(0, length)), 'invalid')
  t.equal(judge(sequence(der(0x0a, [6]))), 'invalid', 'unauthorized (RFC 6960 §2.3)')
  const failed = Buffer.from(staple)
  failed[failed.indexOf(Buffer.of(0x0a, 1, 0)) + 2] = 1
  t.equal(judge(failed), 'invalid', 'responseStatus malformedRequest')
  const emptied = sequence(der(0x0a, [0]), context(0, true, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octets(sequence(sequence())))))
  t.equal(judge(emptied), 'invalid')
  t.equal(judge(Buffer.concat([staple, Buffer.alloc(OCSP_STAPLE_BYTES)])), 'invalid')
})

t.test('property: any octets, and any change of right ones, give a verdict', async (t) => {
  const staple = ocspResponse(leaf, root, OCSP_REVOKED, { responder: makeLeaf(root, [], {}, SIGNS_OCSP) })
  const changed = fc.tuple(fc.nat(staple.length - 1), fc.integer({ min: 0, max: 255 })).map(([at, octet]) => {
    const copy = Buffer.from(staple)
    copy[at] = octet
    return copy
  })
  const octetsOf = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes))
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.oneof(changed, octetsOf), (bytes) => ['revoked', 'invalid'].includes(judge(bytes))),
      { numRuns: 1_000 },
    ),
  )
})

/** Signer's key, as `openssl genpkey` takes it; then the options of `openssl ocsp`; then the verdict on a revoked certificate. */
const BY_OPENSSL: readonly (readonly [name: string, key: readonly string[], options: readonly string[], expected: string])[] = [
  ['RSA, SHA-256', ['RSA'], ['-rmd', 'sha256'], 'revoked'],
  ['RSA, SHA-384', ['RSA'], ['-rmd', 'sha384'], 'revoked'],
  ['RSA, SHA-512', ['RSA'], ['-rmd', 'sha512'], 'revoked'],
  ['RSA, SHA-1', ['RSA'], ['-rmd', 'sha1'], 'invalid'],
  ['RSA-PSS, SHA-256', ['RSA'], ['-rmd', 'sha256', '-rsigopt', 'rsa_padding_mode:pss'], 'revoked'],
  [
    'RSA-PSS, SHA-384, a salt of 20',
    ['RSA'],
    ['-rmd', 'sha384', '-rsigopt', 'rsa_padding_mode:pss', '-rsigopt', 'rsa_pss_saltlen:20'],
    'revoked',
  ],
  ['RSA-PSS, SHA-1', ['RSA'], ['-rmd', 'sha1', '-rsigopt', 'rsa_padding_mode:pss'], 'invalid'],
  ['ECDSA P-256, SHA-256', ['EC', 'ec_paramgen_curve:P-256'], ['-rmd', 'sha256'], 'revoked'],
  ['ECDSA P-384, SHA-384', ['EC', 'ec_paramgen_curve:P-384'], ['-rmd', 'sha384'], 'revoked'],
  ['ECDSA P-521, SHA-512', ['EC', 'ec_paramgen_curve:P-521'], ['-rmd', 'sha512'], 'revoked'],
  ['ECDSA, SHA-1', ['EC', 'ec_paramgen_curve:P-256'], ['-rmd', 'sha1'], 'invalid'],
  ['Ed25519', ['ED25519'], [], 'revoked'],
  ['Ed448', ['ED448'], [], 'revoked'],
]

t.test(
  'responses by OpenSSL, by a responder of each kind, with certIDs of each hash and a nonce',
  { skip: lacking('openssl') },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'ocsp-'))
    t.teardown(() => rmSync(folder, { recursive: true, force: true }))
    const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    const serial = LEAF.serialNumber
    writeFileSync(join(folder, 'ca.pem'), root.pem)
    writeFileSync(join(folder, 'leaf.pem'), leaf.pem)
    writeFileSync(join(folder, 'index.txt'), `R\t391231235959Z\t260101000000Z\t${serial}\tunknown\t/CN=leaf\n`)
    for (const [name, [kind = '', ...options], signing, expected] of BY_OPENSSL) {
      openssl('genpkey', '-algorithm', kind, ...options.flatMap((option) => ['-pkeyopt', option]), '-out', 'responder-key.pem')
      const privateKey = createPrivateKey(readFileSync(join(folder, 'responder-key.pem')))
      const keys = { privateKey, spki: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }) }
      const responder = makeLeaf(root, [], { name: 'responder', keys }, SIGNS_OCSP)
      writeFileSync(join(folder, 'responder.pem'), responder.pem)
      for (const hash of ['sha1', 'sha256', 'sha384', 'sha512']) {
        openssl('ocsp', `-${hash}`, '-issuer', 'ca.pem', '-cert', 'leaf.pem', '-nonce', '-reqout', 'request.der')
        const answering = ['-index', 'index.txt', '-CA', 'ca.pem', '-rsigner', 'responder.pem', '-rkey', 'responder-key.pem', '-ndays', '1']
        openssl('ocsp', ...answering, '-reqin', 'request.der', '-respout', 'response.der', ...signing)
        t.equal(judge(readFileSync(join(folder, 'response.der'))), expected, `${name}; certID by ${hash}`)
      }
    }
  },
)
