/** Mirror test of `src/shared/targets/self-target-guard.ts`. */

import t from 'tap'
import { SelfTargetGuard } from '../../../src/shared/targets/self-target-guard.ts'

const guard = new SelfTargetGuard(
  [8080, 9090],
  ['192.0.2.7', '2001:db8::7', 'fe80::7%eth0', '127.0.0.1'],
  ['Build-Box', 'build-box.example.'],
)

const SELF = [
  ...['localhost', 'LOCALHOST', 'localhost.', 'a.localhost', 'a.b.localhost.', 'localhost.localdomain', 'ip6-localhost', 'ip6-loopback'],
  ...['build-box', 'BUILD-BOX.', 'build-box.example'],
  ...[
    '127.0.0.1',
    '127.0.0.2',
    '127.255.255.254',
    '127.1',
    '2130706433',
    '0x7f.1',
    '0x7f000001',
    '0177.0.0.1',
    '017700000001',
    '127.0.0.1.',
  ],
  ...['0.0.0.0', '0', '0x0', '::', '::1', '[::1]', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', '[::ffff:7f00:1]', '::127.0.0.1'],
  ...['::ffff:0:127.0.0.1', '::ffff:0.0.0.0', '192.0.2.7', '3221225991', '::ffff:192.0.2.7', '2001:DB8:0::7', 'fe80::7', 'fe80::7%eth1'],
]
const OTHERS = ['a.example', 'localhost.example', 'notlocalhost', '192.0.2.8', '128.0.0.1', '2001:db8::8', '::2', '10.127.0.1', '']

t.test('before resolution', async (t) => {
  for (const host of SELF) {
    t.ok(guard.isSelf(host, 8080), `${host}:8080`)
    t.ok(guard.isSelf(host, 9090), `${host}:9090`)
    t.notOk(guard.isSelf(host, 8081), `${host}:8081`)
  }
  for (const host of OTHERS) t.notOk(guard.isSelf(host, 8080), `${host}:8080`)
})

t.test('after resolution', async (t) => {
  for (const address of ['127.0.0.1', '127.8.8.8', '::1', '::ffff:127.0.0.1', '192.0.2.7', 'fe80::7%2', '0.0.0.0', '::']) {
    t.ok(guard.isSelfAddress(address, 9090), address)
    t.notOk(guard.isSelfAddress(address, 443), address)
  }
  for (const address of ['192.0.2.8', '2001:db8::8', 'localhost']) t.notOk(guard.isSelfAddress(address, 9090), address)
})

t.test('without a TCP listener nothing is refused', async (t) => {
  t.notOk(new SelfTargetGuard([], ['192.0.2.7']).isSelf('127.0.0.1', 80))
})
