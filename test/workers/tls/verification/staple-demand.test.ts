/** demandsStaple: the TLS feature extension in the forms in which it occurs, and everything that is not it. */

import t from 'tap'
import { demandsStaple } from '../../../../src/workers/tls/verification/staple-demand.ts'
import { boolean, integer, oid, sequence } from '../../../support/pki/der.ts'
import { extension, makeCa, makeLeaf } from '../../../support/pki/wrong-pki.ts'

const TLS_FEATURE = '1.3.6.1.5.5.7.1.24'
const root = makeCa('root')

const leafWith = (other: Buffer | null) => makeLeaf(root, [], {}, { other }).der
const featuring = (...features: readonly number[]) => sequence(...features.map((feature) => integer(feature)))

t.test('demanded, and not', async (t) => {
  t.ok(demandsStaple(leafWith(extension(TLS_FEATURE, false, featuring(5)))))
  t.ok(demandsStaple(leafWith(extension(TLS_FEATURE, true, featuring(5)))), 'critical')
  t.ok(demandsStaple(leafWith(extension(TLS_FEATURE, false, featuring(17, 5)))), 'behind status_request_v2')
  t.notOk(demandsStaple(leafWith(extension(TLS_FEATURE, false, featuring(17)))))
  t.notOk(demandsStaple(leafWith(extension(TLS_FEATURE, false, featuring()))))
  t.notOk(demandsStaple(leafWith(null)))
})

t.test('whatever stands there instead', async (t) => {
  t.notOk(demandsStaple(leafWith(extension(TLS_FEATURE, false, boolean(true)))))
  t.notOk(demandsStaple(leafWith(extension(TLS_FEATURE, false, Buffer.of(0x30, 0x7f, 2, 1, 5)))), 'longer than the certificate')
  const whole = leafWith(extension(TLS_FEATURE, false, featuring(5)))
  const begins = whole.indexOf(oid(TLS_FEATURE))
  for (let length = begins; length < begins + 15; length++) t.notOk(demandsStaple(whole.subarray(0, length)), `cut off at ${length}`)
})
