/**
 * A bypass is learned only from N of the last M authoritative trust failures of one client and host, told, bounded, and ends by
 * time.
 */

import fc from 'fast-check'
import t from 'tap'
import { BypassLearning, type LearningOptions } from '../../../src/acceptor/learning/bypass-learning.ts'
import type { ClientOutcome } from '../../../src/shared/client-outcome.ts'
import { TLS_PROVIDERS, TLS_REASONS, TLS_SIDES, TLS_SOURCES } from '../../../src/shared/events/schema.ts'

const OPTIONS: LearningOptions = {
  enabled: true,
  window: 5,
  threshold: 3,
  ttlMs: 1000,
  capacity: 4,
  configured: [],
  isExcluded: () => false,
}
const REJECTED: ClientOutcome = {
  client: '10.0.0.1',
  host: 'a.example',
  provider: 'native',
  side: 'client',
  source: 'authoritative',
  reason: 'unknown_ca',
}
const ACCEPTED: ClientOutcome = { ...REJECTED, reason: undefined }

function steps(learning: BypassLearning, outcome: ClientOutcome, nowMs = 0): string {
  return learning
    .record(outcome, nowMs)
    .map(({ failures, outcomes, step }) => `${step} ${failures}/${outcomes}`)
    .join(', ')
}

function bypassed(learning: BypassLearning, client = REJECTED.client, host = REJECTED.host, nowMs = 0): boolean {
  return learning.lookup(client, host, nowMs).bypass
}

t.test('off by default means off', async (t) => {
  const learning = new BypassLearning({ ...OPTIONS, enabled: false })
  for (let i = 0; i < 9; i++) t.equal(steps(learning, REJECTED), '')
  t.notOk(bypassed(learning))
})

t.test('N of the last M, each step told', async (t) => {
  const learning = new BypassLearning(OPTIONS)
  t.equal(steps(learning, ACCEPTED), '', 'a pair that never failed takes no place')
  t.equal(steps(learning, REJECTED), 'counted 1/1')
  t.equal(steps(learning, { ...REJECTED, reason: 'cert_validation' }), 'counted 2/2')
  t.equal(steps(learning, ACCEPTED), 'counted 2/3')
  t.equal(steps(learning, ACCEPTED), 'counted 2/4')
  t.equal(steps(learning, ACCEPTED), 'counted 2/5')
  t.equal(steps(learning, ACCEPTED), 'counted 1/5', 'the first failure has left the window')
  t.equal(steps(learning, REJECTED), 'counted 1/5', 'the second has as well')
  t.equal(steps(learning, REJECTED), 'counted 2/5')
  t.notOk(bypassed(learning))
  t.equal(steps(learning, REJECTED, 50), 'counted 3/5, learned 3/5')
  t.ok(bypassed(learning))
  t.strictSame(learning.list(51), [{ client: '10.0.0.1', host: 'a.example', origin: 'learned', learnedAtMs: 50, expiresAtMs: 1050 }])
})

/** What teaches nothing, although it looks like a failure. */
const UNTAUGHT: readonly (readonly [string, Partial<ClientOutcome>])[] = [
  ['a failure towards the origin', { side: 'upstream' }],
  ['an inferred one', { source: 'inferred' }],
  ['hudsucker', { provider: 'hudsucker' }],
  ...TLS_REASONS.filter((reason) => reason !== 'unknown_ca' && reason !== 'cert_validation').map((reason) => [reason, { reason }] as const),
]

t.test('only what a client said about trust, to a provider that hears it', async (t) => {
  for (const [name, change] of UNTAUGHT) {
    const learning = new BypassLearning(OPTIONS)
    for (let i = 0; i < 9; i++) t.equal(steps(learning, { ...REJECTED, ...change }), 'ignored 0/0', name)
    t.equal(steps(learning, { ...REJECTED, ...change, reason: undefined }), '')
    t.notOk(bypassed(learning), name)
  }
  const mitmproxy = new BypassLearning(OPTIONS)
  for (let i = 0; i < 3; i++) steps(mitmproxy, { ...REJECTED, provider: 'mitmproxy' })
  t.ok(bypassed(mitmproxy))
})

t.test('the exact pair: no parent, no child, no other client', async (t) => {
  const learning = new BypassLearning(OPTIONS)
  for (const host of ['a.example', 'b.example', 'x.a.example']) for (let i = 0; i < 2; i++) steps(learning, { ...REJECTED, host })
  t.strictSame(learning.list(0), [])
  steps(learning, REJECTED)
  t.ok(bypassed(learning))
  for (const host of ['example', 'b.example', 'x.a.example']) t.notOk(bypassed(learning, REJECTED.client, host), host)
  t.notOk(bypassed(learning, '10.0.0.2'))
})

t.test('it ends by time, and is earned anew', async (t) => {
  const learning = new BypassLearning(OPTIONS)
  for (let i = 0; i < 3; i++) steps(learning, REJECTED)
  t.ok(bypassed(learning, REJECTED.client, REJECTED.host, 999))
  const late = learning.lookup(REJECTED.client, REJECTED.host, 1000)
  t.match(late, { bypass: false, expired: { step: 'expired', host: 'a.example' } })
  t.strictSame(learning.lookup(REJECTED.client, REJECTED.host, 1000), { bypass: false, expired: undefined })
  t.equal(steps(learning, REJECTED, 1000), 'counted 1/1')
  for (let i = 0; i < 2; i++) steps(learning, REJECTED, 1000)
  t.equal(learning.sweep(1999).length, 0)
  t.match(learning.sweep(2000), [{ step: 'expired' }])
  t.strictSame(learning.list(2000), [])
})

t.test('it is revoked, for one client or for all', async (t) => {
  const learning = new BypassLearning(OPTIONS)
  for (const client of ['10.0.0.1', '10.0.0.2', '10.0.0.3']) for (let i = 0; i < 3; i++) steps(learning, { ...REJECTED, client })
  t.strictSame(learning.revoke('other.example'), [])
  t.match(learning.revoke('a.example', '10.0.0.2'), [{ step: 'revoked', client: '10.0.0.2' }])
  t.notOk(bypassed(learning, '10.0.0.2'))
  t.ok(bypassed(learning, '10.0.0.1'))
  t.equal(learning.revoke('a.example').length, 2)
  t.strictSame(learning.list(0), [])
})

t.test('configured bypasses are in force without learning, and revoked until the configuration is read again', async (t) => {
  const options = { ...OPTIONS, enabled: false, configured: [{ client: '10.0.0.9', host: 'pinned.example' }] }
  const learning = new BypassLearning(options)
  t.ok(bypassed(learning, '10.0.0.9', 'pinned.example'))
  t.notOk(bypassed(learning, '10.0.0.8', 'pinned.example'))
  t.strictSame(learning.list(9), [
    { client: '10.0.0.9', host: 'pinned.example', origin: 'configured', learnedAtMs: 0, expiresAtMs: Number.POSITIVE_INFINITY },
  ])
  t.match(learning.revoke('pinned.example'), [{ step: 'revoked', detail: /until the configuration/ }])
  t.notOk(bypassed(learning, '10.0.0.9', 'pinned.example'))
  t.strictSame(learning.reconfigure(options), [])
  t.ok(bypassed(learning, '10.0.0.9', 'pinned.example'))
})

t.test('other options: what they exclude is revoked and never learned, off revokes all', async (t) => {
  const learning = new BypassLearning(OPTIONS)
  for (const host of ['a.example', 'b.example']) for (let i = 0; i < 3; i++) steps(learning, { ...REJECTED, host })
  const excluding = { ...OPTIONS, isExcluded: (host: string) => host === 'a.example' }
  t.match(learning.reconfigure(excluding), [{ step: 'revoked', host: 'a.example', detail: 'excluded by the configuration' }])
  t.ok(bypassed(learning, REJECTED.client, 'b.example'))
  for (let i = 0; i < 9; i++) t.equal(steps(learning, REJECTED), 'ignored 0/0')
  t.match(learning.reconfigure({ ...OPTIONS, enabled: false }), [{ step: 'revoked', host: 'b.example', detail: 'learning is off' }])
  t.strictSame(learning.list(0), [])
})

t.test('both tables are bounded, and the least recently used goes first', async (t) => {
  const learning = new BypassLearning(OPTIONS)
  const hosts = ['a', 'b', 'c', 'd', 'e']
  for (const host of hosts.slice(0, 4)) for (let i = 0; i < 3; i++) steps(learning, { ...REJECTED, host })
  t.ok(bypassed(learning, REJECTED.client, 'a'), 'used again')
  for (let i = 0; i < 2; i++) steps(learning, { ...REJECTED, host: 'e' })
  t.equal(steps(learning, { ...REJECTED, host: 'e' }), 'counted 3/3, learned 3/3, evicted 0/0')
  t.strictSame(
    learning.list(0).map(({ host }) => host),
    ['c', 'd', 'a', 'e'],
  )

  const histories = new BypassLearning(OPTIONS)
  steps(histories, REJECTED)
  for (const host of hosts.slice(1)) steps(histories, { ...REJECTED, host })
  t.equal(steps(histories, REJECTED), 'counted 1/1', 'the first history was dropped for the fifth')
})

t.test('options out of range are brought into it', async (t) => {
  const one = new BypassLearning({ ...OPTIONS, window: 0, threshold: 9 })
  t.equal(steps(one, REJECTED), 'counted 1/1, learned 1/1')
  const most = new BypassLearning({ ...OPTIONS, window: 99, threshold: 32 })
  for (let i = 1; i < 32; i++) t.equal(steps(most, REJECTED), `counted ${i}/${i}`)
  t.equal(steps(most, REJECTED), 'counted 32/32, learned 32/32')
})

t.test('property: a bypass has its threshold of authoritative trust failures behind it, and the tables stay bounded', async (t) => {
  const outcome = fc.record({
    client: fc.constantFrom('1', '2'),
    host: fc.constantFrom('a', 'b.a', 'c', 'd'),
    provider: fc.constantFrom(...TLS_PROVIDERS),
    side: fc.constantFrom(...TLS_SIDES),
    source: fc.constantFrom(...TLS_SOURCES),
    reason: fc.constantFrom(undefined, 'unknown_ca', 'unknown_ca', ...TLS_REASONS),
  })
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 200 }), (outcomes) => {
        const learning = new BypassLearning(OPTIONS)
        const earned = new Map<string, number>()
        return outcomes.every((given, nowMs) => {
          const trusted = given.side === 'client' && given.provider !== 'hudsucker' && given.source === 'authoritative'
          const key = `${given.client} ${given.host}`
          if (trusted && (given.reason === 'unknown_ca' || given.reason === 'cert_validation')) earned.set(key, (earned.get(key) ?? 0) + 1)
          learning.record(given, nowMs)
          const bypasses = learning.list(nowMs)
          return (
            bypasses.length <= OPTIONS.capacity &&
            bypasses.every(({ client, host }) => (earned.get(`${client} ${host}`) ?? 0) >= OPTIONS.threshold)
          )
        })
      }),
      { numRuns: 300 },
    ),
  )
})
