/** readStaple: the parts of a response as it was written; what is none reads as undefined. */

import t from 'tap'
import { readStaple } from '../../../../src/workers/tls/verification/ocsp-staple.ts'
import { daysFromNow, dnsName, makeCa, makeLeaf, OCSP_GOOD, ocspResponse } from '../../../support/pki/wrong-pki.ts'

const root = makeCa('root')
const leaf = makeLeaf(root, [dnsName('a.example')])
const responder = makeLeaf(root, [])

t.test('the parts', async (t) => {
  const thisUpdate = daysFromNow(-1)
  const nextUpdate = daysFromNow(1)
  const staple = readStaple(ocspResponse(leaf, root, OCSP_GOOD, { responder, thisUpdate, nextUpdate }))
  const seconds = (when: Date) => Math.floor(when.getTime() / 1_000) * 1_000
  t.same(staple?.certificates, [responder.der])
  t.equal(staple?.responses.length, 1)
  t.match(staple?.responses[0], {
    serial: leaf.serial.toString('hex'),
    status: 'good',
    thisUpdate: seconds(thisUpdate),
    nextUpdate: seconds(nextUpdate),
  })
  t.same(readStaple(ocspResponse(leaf, root, OCSP_GOOD))?.certificates, [])
})

t.test('cut short anywhere it is none', async (t) => {
  const whole = ocspResponse(leaf, root, OCSP_GOOD)
  for (let length = 0; length < whole.length; length++) t.equal(readStaple(whole.subarray(0, length)), undefined)
})
