/** BypassKeeper: outcomes become bypasses, every step becomes an event of flow 0, the admin's requests are answered. */

import t from 'tap'
import { BypassKeeper } from '../../../src/acceptor/learning/bypass-keeper.ts'
import type { ClientOutcome } from '../../../src/shared/client-outcome.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { EventHarness } from '../../support/harnesses/event-harness.ts'

const REJECTED: ClientOutcome = {
  client: '10.0.0.1',
  host: 'a.example',
  provider: 'native',
  side: 'client',
  source: 'authoritative',
  reason: 'unknown_ca',
}

function make(learning: NonNullable<EngineOptionsInput['learning']> = {}) {
  const harness = new EventHarness()
  const clock = { nowMs: 1_000 }
  const options = parseOptions({ learning: { enabled: true, threshold: 2, window: 4, ttl_ms: 100, ...learning } })
  const keeper = new BypassKeeper({ options, events: harness.writer, instanceId: 'i', now: () => clock.nowMs })
  return { harness, clock, keeper }
}

t.test('learned by outcomes, told step by step, related to their flows', async (t) => {
  const { harness, keeper } = make()
  t.notOk(keeper.isBypassed('10.0.0.1', 'a.example'))
  keeper.record(REJECTED, 7)
  keeper.record({ ...REJECTED, reason: 'eof', source: 'inferred' }, 8)
  keeper.record(REJECTED, 9)
  t.ok(keeper.isBypassed('10.0.0.1', 'A.example.'), 'however it is spelt')
  t.notOk(keeper.isBypassed('', 'a.example'))
  const audits = harness.events()
  t.match(audits, [
    { event: 'tls_learning_audit', flow_id: 'f0', flow_seq: 0, step: 'counted', failures: 1, outcomes: 1, related_flow: 'i-7' },
    { flow_seq: 1, step: 'ignored', detail: 'inferred', related_flow: 'i-8' },
    { flow_seq: 2, step: 'counted', failures: 2, related_flow: 'i-9' },
    { flow_seq: 3, step: 'learned', client: '10.0.0.1', host: 'a.example', detail: 'for 100 ms', related_flow: 'i-9' },
  ])
  t.equal(audits.length, 4)
})

t.test('the end of a bypass is told when it is asked for, or when it is swept', async (t) => {
  for (const find of [(keeper: BypassKeeper) => keeper.isBypassed('10.0.0.1', 'a.example'), (keeper: BypassKeeper) => keeper.sweep()]) {
    const { harness, clock, keeper } = make()
    for (let n = 0; n < 2; n++) keeper.record(REJECTED, 1)
    harness.events()
    clock.nowMs += 100
    find(keeper)
    const [event] = harness.events()
    t.match(event, { step: 'expired', flow_seq: 3, detail: 'learned 100 ms ago' })
    t.notOk(event !== undefined && 'related_flow' in event)
  }
})

t.test('listed and revoked', async (t) => {
  const { harness, keeper } = make({ bypasses: [{ client: '10.0.0.9', host: 'Pinned.example' }] })
  for (const client of ['10.0.0.1', '10.0.0.2']) for (let n = 0; n < 2; n++) keeper.record({ ...REJECTED, client }, 1)
  harness.events()
  t.match(keeper.answer({ kind: 'list' }), {
    revoked: 0,
    bypasses: [{ host: 'pinned.example' }, { client: '10.0.0.1' }, { client: '10.0.0.2' }],
  })
  t.match(keeper.answer({ kind: 'revoke', host: 'A.EXAMPLE', client: '10.0.0.2' }), { revoked: 1 })
  t.match(keeper.answer({ kind: 'revoke', host: 'a.example', client: undefined }), { revoked: 1, bypasses: [{ host: 'pinned.example' }] })
  t.match(keeper.answer({ kind: 'revoke', host: 'pinned.example', client: undefined }), { revoked: 1, bypasses: [] })
  t.match(harness.events(), [{ step: 'revoked' }, { step: 'revoked' }, { step: 'revoked', host: 'pinned.example' }])
})

t.test('a reload excludes hosts and brings configured ones back', async (t) => {
  const { keeper } = make()
  for (let n = 0; n < 2; n++) keeper.record(REJECTED, 1)
  keeper.reconfigure(
    parseOptions({ learning: { enabled: true, exclude_hosts: ['.example'], bypasses: [{ client: '::1', host: '192.0.2.1' }] } }),
  )
  t.notOk(keeper.isBypassed('10.0.0.1', 'a.example'))
  t.ok(keeper.isBypassed('::1', '192.0.2.1'))
})

t.test('options that mean nothing are refused with their place', async (t) => {
  const WRONG: readonly (readonly [NonNullable<EngineOptionsInput['learning']>, RegExp])[] = [
    [{ threshold: 9, window: 8 }, /learning\.threshold/],
    [{ bypasses: [{ client: 'somebody', host: 'a.example' }] }, /bypasses\[0\]\.client/],
    [{ bypasses: [{ client: '10.0.0.0/8', host: 'a.example' }] }, /bypasses\[0\]\.client/],
    [{ bypasses: [{ client: '10.0.0.1', host: '*.example' }] }, /bypasses\[0\]\.host/],
    [{ exclude_hosts: ['http://a.example'] }, /exclude_hosts\[0\]/],
  ]
  for (const [learning, where] of WRONG) t.throws(() => parseOptions({ learning }), where)
})
