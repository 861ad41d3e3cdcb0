/** ClientIdentities: to the hosts that it is for, by whatever name, and to nobody else. */

import t from 'tap'
import { ClientIdentities } from '../../../src/workers/origin/client-identities.ts'

const identity = (fingerprint: string) => ({ fingerprint })

t.test('the first whose patterns match; never under a name that is none of its own', async (t) => {
  const identities = new ClientIdentities([
    { hosts: ['one.example', '.two.example'], identity: identity('a') },
    { hosts: ['*.example', '10.0.0.0/8'], identity: identity('b') },
  ])
  const table: readonly (readonly [host: string, sni: string | undefined, fingerprint: string | undefined])[] = [
    ['one.example', 'one.example', 'a'],
    ['one.example', undefined, 'a'],
    ['ONE.example', 'one.example', 'a'],
    ['one.example', 'x.two.example', 'a'],
    ['three.example', 'three.example', 'b'],
    ['10.1.2.3', undefined, 'b'],
    ['one.example', 'evil.test', undefined],
    // The second entry would match the name, but the first is this host's.
    ['one.example', 'three.example', undefined],
    ['evil.test', 'one.example', undefined],
    ['192.0.2.1', 'one.example', undefined],
    ['one.example.evil.test', 'one.example', undefined],
  ]
  for (const [host, sni, fingerprint] of table) t.equal(identities.identityFor(host, sni)?.fingerprint, fingerprint, `${host} ${sni}`)
  t.equal(new ClientIdentities([]).identityFor('one.example', undefined), undefined)
})
