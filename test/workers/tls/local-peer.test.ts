/** isLocalPeer: loopback and Unix sockets, and nothing else. */

import t from 'tap'
import { isLocalPeer } from '../../../src/workers/tls/local-peer.ts'

t.test('by address', async (t) => {
  for (const local of ['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1', '']) t.equal(isLocalPeer(local), true, local)
  for (const remote of ['10.0.0.1', '128.0.0.1', '192.0.2.1', '::2', '::ffff:10.0.0.1', 'fe80::1', '2001:db8::1']) {
    t.equal(isLocalPeer(remote), false, remote)
  }
})
