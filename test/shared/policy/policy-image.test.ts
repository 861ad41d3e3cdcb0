/** A compiled policy read by another thread: the same decisions, from the same memory. */

import { Worker } from 'node:worker_threads'
import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { Policy } from '../../../src/shared/policy/policy.ts'
import { policyImage } from '../../../src/shared/policy/policy-image.ts'

t.setTimeout(600_000)

const POLICY = new URL('../../../src/shared/policy/policy.js', import.meta.url).href

const RULES = [
  { match: { host: '.carried.example' }, strict: false, edit: { request: { set: { a: '1' } } } },
  { name: 'naïve', match: { host: ['a.example', '*.b.example'], port: 443 }, action: 'block' as const, status: 451 },
  { match: { host: 'x*y.example' }, action: 'tunnel' as const },
  { match: { host: '10.0.0.0/8' }, action: 'block' as const },
  { match: { domain: 'example.co.uk' }, action: 'tunnel' as const },
  { match: { host: 'fault.example' }, action: 'intercept' as const, fault: { kind: 'refuse' as const } },
]
const HOSTS = [
  'a.example',
  'b.example',
  'c.b.example',
  'xxy.example',
  '10.1.1.1',
  'www.example.co.uk',
  'a.carried.example',
  'fault.example',
  'other',
]

const facts = HOSTS.map((host) => ({ host, port: 443, client: '', nowMs: 0 }))

t.test('decisions in another thread', async (t) => {
  const image = policyImage(parseOptions({ rules: RULES }))
  const code = `
    const { parentPort, workerData } = require('node:worker_threads')
    import(workerData.module).then(({ Policy }) => {
      const policy = new Policy(workerData.image)
      parentPort.postMessage(workerData.facts.map((facts) => policy.decideConnect(facts)))
    })`
  const thread = new Worker(code, { eval: true, workerData: { module: POLICY, image, facts } })
  const there = await new Promise((resolve, reject) => thread.once('message', resolve).once('error', reject))
  const policy = new Policy(image)
  const here = facts.map((fact) => policy.decideConnect(fact))
  t.same(there, here)
  t.same(
    here.map(({ rule }) => rule),
    ['naïve', 'default', 'naïve', 'rule-3', 'rule-4', 'rule-5', 'default', 'rule-6', 'default'],
  )
  t.match(here[6], { options: { strict: false, edit: { request: { set: { a: '1' } } } } })
  t.match(here[7], { options: { faults: [{ rule: 'rule-6', index: 0, slot: 0, options: { kind: 'refuse' } }] } })
})

t.test('memory is shared, not copied', async (t) => {
  const image = policyImage(parseOptions({ rules: RULES }))
  const { slots } = image.hosts.trie.edges
  t.type(slots.buffer, SharedArrayBuffer)
  t.equal(structuredClone(slots.buffer).byteLength, slots.buffer.byteLength)
  slots[0] = 77
  t.equal(new Int32Array(structuredClone(slots.buffer))[0], 77)
})

t.test('what rules ask for', async (t) => {
  const asks = (match: object) => policyImage(parseOptions({ rules: [{ match }] })).asks
  t.same(asks({ host: 'a.example', port: 1, client: '::1' }), { owner: false, process: false, ja4: false, requests: false })
  t.same(asks({ user: 'root' }), { owner: true, process: false, ja4: false, requests: false })
  t.same(asks({ process: 'curl', path: '/x' }), { owner: true, process: true, ja4: false, requests: true })
  t.same(asks({ ja4: 't13*' }), { owner: false, process: false, ja4: true, requests: false })
})
