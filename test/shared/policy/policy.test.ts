/** Policy.decideConnect over all combinations of conditions: host, port and client hold together, or the rule does not. */

import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { Policy } from '../../../src/shared/policy/policy.ts'
import { policyImage } from '../../../src/shared/policy/policy-image.ts'

const HOST = 'a.example'
const PORT = 8443
const CLIENT = '10.0.0.7'

t.test('every subset of conditions against every subset of facts that fit', async (t) => {
  const wrong: string[] = []
  for (let conditions = 0; conditions < 8; conditions++) {
    const match = {
      ...(conditions & 1 ? { host: HOST } : {}),
      ...(conditions & 2 ? { port: [1, PORT] } : {}),
      ...(conditions & 4 ? { client: ['192.0.2.0/24', '10.0.0.0/8'] } : {}),
    }
    const policy = new Policy(policyImage(parseOptions({ rules: [{ name: 'r', match, action: 'block' }] })))
    for (let fits = 0; fits < 8; fits++) {
      const facts = { host: fits & 1 ? HOST : 'b.example', port: fits & 2 ? PORT : 443, client: fits & 4 ? CLIENT : '11.0.0.7', nowMs: 0 }
      const { rule } = policy.decideConnect(facts)
      if ((rule === 'r') !== ((conditions & ~fits) === 0)) wrong.push(`${JSON.stringify(match)} ${JSON.stringify(facts)}`)
    }
  }
  t.same(wrong, [])
})

t.test('clients: mapped addresses are what they map; one without an address matches no condition', async (t) => {
  const policy = new Policy(policyImage(parseOptions({ rules: [{ match: { client: '10.0.0.0/8' }, action: 'tunnel' }] })))
  const decide = (client: string) => policy.decideConnect({ host: HOST, port: PORT, client, nowMs: 0 }).rule
  t.equal(decide('::ffff:10.0.0.7'), 'rule-1', 'named by its place, from 1')
  for (const client of ['', '::1', 'no address']) t.equal(decide(client), 'default', JSON.stringify(client))
})

t.test('a rule without an action carries on; ignored hosts go before all rules', async (t) => {
  const policy = new Policy(
    policyImage(
      parseOptions({
        ignore_hosts: ['.pinned.example'],
        rules: [
          { match: { host: '*' }, strict: false },
          { name: 'all', match: {}, action: 'block' },
        ],
      }),
    ),
  )
  t.match(policy.decideConnect({ host: HOST, port: PORT, client: CLIENT, nowMs: 0 }), {
    action: 'block',
    rule: 'all',
    options: { strict: false },
  })
  t.match(policy.decideConnect({ host: 'x.pinned.example', port: PORT, client: CLIENT, nowMs: 0 }), {
    action: 'tunnel',
    rule: 'ignore_hosts',
    options: { strict: true },
  })
})

t.test('ports by range; paths in one spelling', async (t) => {
  const policy = new Policy(
    policyImage(
      parseOptions({
        rules: [
          { name: 'ports', match: { port: [443, '8000-8999'] }, action: 'block' },
          { name: 'path', match: { path: '/v1/%6dessages' }, action: 'block' },
        ],
      }),
    ),
  )
  const facts = {
    host: HOST,
    port: 80,
    client: CLIENT,
    nowMs: 0,
    sni: undefined,
    method: 'GET',
    transport: 'http1',
    fields: undefined,
  } as const
  for (const [port, rule] of [
    [443, 'ports'],
    [8_000, 'ports'],
    [8_999, 'ports'],
    [9_000, 'default'],
  ] as const)
    t.equal(policy.decideRequest({ ...facts, port, path: '/' }).rule, rule, String(port))
  for (const path of ['/v1/messages', '/v1/./messages?a', '/%76%31/messages', '/x/../v1/messages', 'http://other.example/v1/messages'])
    t.equal(policy.decideRequest({ ...facts, path }).rule, 'path', path)
  for (const path of ['/v1//messages', '/V1/messages', '/v1/messages/', '/v1%2Fmessages'])
    t.equal(policy.decideRequest({ ...facts, path }).rule, 'default', path)
})

t.test('two names: rules about that of the ClientHello decide, and where none does, those about the CONNECT host', async (t) => {
  const policy = new Policy(
    policyImage(
      parseOptions({
        rules: [
          { match: { host: 'name.example' }, observe: 'none' },
          { name: 'late', match: { host: HOST, path: '/no' }, action: 'block' },
          { name: 'by name', match: { host: 'out.example' }, action: 'tunnel' },
          { name: 'by name, late', match: { host: 'late.example', path: '/never' }, action: 'block' },
        ],
      }),
    ),
  )
  const facts = { host: HOST, port: PORT, client: CLIENT, nowMs: 0, method: 'GET', transport: 'http1', fields: undefined } as const
  t.match(policy.decideHello({ ...facts, sni: 'front.example' }), { rule: 'default', isPending: true, action: 'intercept' })
  t.equal(policy.decideHello({ ...facts, sni: 'out.example' }).rule, 'by name')
  for (const sni of [undefined, HOST, 'front.example', 'name.example', 'late.example'])
    t.equal(policy.decideRequest({ ...facts, sni, path: '/no' }).rule, 'late', `a name cannot be hidden behind ${sni}`)
  t.match(policy.decideHello({ ...facts, host: '192.0.2.1', sni: 'name.example' }), { rule: 'default', options: { observe: 'none' } })
})
