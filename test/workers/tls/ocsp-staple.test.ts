/** stapleStatus: what right staples say, of this certificate only; any octets at all without a throw. */

import fc from 'fast-check'
import t from 'tap'
import { OCSP_STAPLE_BYTES } from '../../../src/shared/limits/tls.ts'
import { stapleStatus } from '../../../src/workers/tls/ocsp-staple.ts'
import { context, der, octets, oid, sequence } from '../../support/der.ts'
import { dnsName, type Made, makeCa, makeLeaf, OCSP_GOOD, OCSP_REVOKED, OCSP_UNKNOWN, ocspResponse } from '../../support/wrong-pki.ts'

const root = makeCa('root')
const leaf = makeLeaf(root, [dnsName('a.example')])
const serial = leaf.serial.toString('hex')

t.test('the three statuses, and another certificate’s', async (t) => {
  const TABLE = [
    ['good', OCSP_GOOD],
    ['revoked', OCSP_REVOKED],
    ['revoked', context(1, false)],
    ['unknown', OCSP_UNKNOWN],
    [undefined, context(5, false)],
  ] as const
  for (const [expected, status] of TABLE) t.equal(stapleStatus(ocspResponse(leaf, root, status), serial.toUpperCase()), expected)
  t.equal(stapleStatus(ocspResponse(leaf, root, OCSP_REVOKED), '4100'), undefined)
})

t.test('a serial number whose highest bit is set has an octet more in DER', async (t) => {
  const high: Made = { ...leaf, serial: Buffer.concat([Buffer.of(0, 0x80), leaf.serial]) }
  t.equal(stapleStatus(ocspResponse(high, root, OCSP_REVOKED), `80${serial}`), 'revoked')
})

t.test('what is no answer, or too long to be one', async (t) => {
  const staple = ocspResponse(leaf, root, OCSP_REVOKED)
  for (let length = 0; length < staple.length; length++) t.equal(stapleStatus(staple.subarray(0, length), serial), undefined)
  t.equal(stapleStatus(sequence(der(0x0a, [6])), serial), undefined, 'unauthorized (RFC 6960 §2.3)')
  const emptied = sequence(der(0x0a, [0]), context(0, true, sequence(oid('1.3.6.1.5.5.7.48.1.1'), octets(sequence(sequence())))))
  t.equal(stapleStatus(emptied, serial), undefined)
  t.equal(stapleStatus(Buffer.concat([staple, Buffer.alloc(OCSP_STAPLE_BYTES)]), serial), undefined)
})

t.test('property: any octets, and any change of right ones, give a status or none', async (t) => {
  const staple = ocspResponse(leaf, root, OCSP_REVOKED)
  const changed = fc.tuple(fc.nat(staple.length - 1), fc.integer({ min: 0, max: 255 })).map(([at, octet]) => {
    const copy = Buffer.from(staple)
    copy[at] = octet
    return copy
  })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.oneof(changed, fc.uint8Array({ maxLength: 300 })), (bytes) =>
        [undefined, 'good', 'revoked', 'unknown'].includes(stapleStatus(bytes, serial)),
      ),
      { numRuns: 2_000 },
    ),
  )
})
