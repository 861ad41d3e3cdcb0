/**
 * One pair of each kind per process; RSA is made once, off the event loop.
 */

import { createPrivateKey } from 'node:crypto'
import t from 'tap'
import { LeafKeys } from '../../../../src/workers/tls/leaf/leaf-keys.ts'

t.test('one pair of each kind', (t) => {
  const keys = new LeafKeys()
  t.equal(keys.key('ecdsa'), keys.key('ecdsa'))
  t.equal(createPrivateKey(keys.key('ecdsa').keyPem).asymmetricKeyDetails?.namedCurve, 'prime256v1')
  t.equal(keys.isReady('rsa'), false)
  t.equal(keys.key('rsa'), keys.key('rsa'))
  t.equal(createPrivateKey(keys.key('rsa').keyPem).asymmetricKeyDetails?.modulusLength, 2048)
  t.not(new LeafKeys().key('ecdsa').keyPem, keys.key('ecdsa').keyPem)
  t.end()
})

t.test('RSA is prepared off the event loop, once', async (t) => {
  const keys = new LeafKeys()
  t.equal(keys.isReady('ecdsa'), true)
  await keys.prepare('ecdsa')
  t.equal(keys.prepare('rsa'), keys.prepare('rsa'), 'calls share one generation')
  const early = keys.key('rsa')
  await keys.prepare('rsa')
  t.equal(keys.key('rsa'), early, 'a pair in use is not replaced')
  t.equal(keys.isReady('rsa'), true)
})
