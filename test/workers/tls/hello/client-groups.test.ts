/** clientGroups: classical groups for clients on this machine that have sent such a key share; the library's for all others. */

import { createSecureContext } from 'node:tls'
import t from 'tap'
import { CLASSICAL_GROUPS, clientGroups } from '../../../../src/workers/tls/hello/client-groups.ts'
import { bareHello } from '../../../support/octets/bare-hello.ts'

const X25519 = 0x001d
const HYBRID = 0x11ec

t.test('by the address of the client', async (t) => {
  const hello = bareHello({ keyShareGroups: [HYBRID, X25519] })
  for (const local of ['127.0.0.1', '127.8.9.10', '::1', '']) t.equal(clientGroups(hello, local), CLASSICAL_GROUPS, local)
  for (const remote of ['10.0.0.1', '128.0.0.1', '192.0.2.1', '::2', 'fe80::1', '2001:db8::1']) {
    t.equal(clientGroups(hello, remote), undefined, remote)
  }
})

t.test('by the key shares of the client', async (t) => {
  t.equal(clientGroups(bareHello({ keyShareGroups: [HYBRID], groups: [HYBRID, X25519] }), '127.0.0.1'), undefined, 'no retry is provoked')
  t.equal(clientGroups(bareHello({ keyShareGroups: [] }), '127.0.0.1'), undefined, 'TLS 1.2')
  t.equal(clientGroups(bareHello({ keyShareGroups: [X25519] }), '127.0.0.1'), CLASSICAL_GROUPS)
})

t.test('the library knows the groups', async (t) => {
  t.doesNotThrow(() => createSecureContext({ ecdhCurve: CLASSICAL_GROUPS }))
})
