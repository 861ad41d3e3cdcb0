/** clientFaultTable: there only where a rule asks for it; holds what is about an exchange, the user's profiles with it. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { clientFaultTable } from '../../../src/shared/faults/client-fault-table.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { Policy } from '../../../src/shared/policy/policy.ts'
import { policyImage } from '../../../src/shared/policy/policy-image.ts'

t.test('off', async (t) => {
  t.equal(clientFaultTable(parseOptions({ rules: [{ match: {} }, { match: {}, fault_headers: false }] })), undefined)
})

t.test('on', async (t) => {
  const file = join(t.testdir(), 'mine.yaml')
  writeFileSync(file, 'profile: mine\ndoc: Mine.\nentries:\n  a: { doc: x, fault: { kind: respond, status: 418 } }\n')
  const options = parseOptions({ fault_profiles: [file], rules: [{ match: { host: 'a' }, fault_headers: true }] })
  const table = clientFaultTable(options)
  t.match(table?.get('mine:a'), [{ status: 418, profile: 'mine:a' }])
  t.match(table?.get('anthropic'), [{ profile: 'anthropic:mixed' }])
  t.match(table?.get('respond'), [{ kind: 'respond', status: 500 }])
  t.notOk(table?.has('latency') || table?.has('flaky-network:wifi') || table?.has('anthropic:reset'), 'not what is about connections')
  const policy = new Policy(policyImage(options))
  t.ok(policy.hasFaults)
  const { options: carried } = policy.decideConnect({ host: 'a', port: 443, client: '', nowMs: 0 })
  t.match(carried, { faultHeaders: true, edit: { request: { set: {}, remove: ['x-soth-fault'] } } }, 'and the field is not forwarded')
})
