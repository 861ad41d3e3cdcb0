/**
 * Faults of a connection, each on a tunnel, on HTTP/1.1 and on HTTP/2 inside TLS: what a real client sees (octets, FIN, RST,
 * silence, time), and what is told: the event, the mark, the counter, the close reason. Flows that no rule is for go on beside them.
 */

import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { ask, FaultOrigin, MODES, type Mode, type Seen } from '../../support/clients/fault-client.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openProxy } from '../../support/proxy-client.ts'
import { startHttpOrigin, startTcpOrigin } from '../../support/test-origin.ts'

type FaultInput = NonNullable<NonNullable<EngineOptionsInput['rules']>[number]['fault']>

/** Below 40 s on an idle machine. */
t.setTimeout(600_000)

const OCTETS = 10_000

function optionsFor(mode: Mode, fault: FaultInput): EngineOptionsInput {
  const action = mode === 'tunnel' ? 'tunnel' : 'intercept'
  const host = mode === 'tunnel' ? '127.0.0.1' : 'localhost'
  return { rules: [{ name: 'spoilt', match: { host }, action, fault }] }
}

interface Expected {
  readonly end: Seen['end'] | { readonly [mode in Mode]: Seen['end'] }
  /** Octets that arrive, as bounds. */
  readonly octets?: readonly [least: number, most: number]
  readonly leastMs?: number
  readonly position?: number
  /** Why the flow ended, where a fault did it. */
  readonly reason?: string
}

const WHOLE = [OCTETS, OCTETS + 1_000] as const
/** An HTTP/2 connection stays open behind its answer. */
const REGULAR = { tunnel: 'fin', http1: 'fin', http2: 'open' } as const

const CASES: readonly (readonly [name: string, fault: FaultInput, expected: Expected])[] = [
  ['latency', { kind: 'latency', direction: 'to_client', ms: 90 }, { end: REGULAR, octets: WHOLE, leastMs: 85 }],
  ['latency of requests', { kind: 'latency', direction: 'to_origin', ms: 90 }, { end: REGULAR, octets: WHOLE, leastMs: 85 }],
  [
    'latency, drawn',
    { kind: 'latency', direction: 'to_client', distribution: 'normal', mean_ms: 90, stddev_ms: 1 },
    { end: REGULAR, octets: WHOLE, leastMs: 80 },
  ],
  ['bandwidth', { kind: 'bandwidth', direction: 'to_client', bytes_per_second: 50_000 }, { end: REGULAR, octets: WHOLE, leastMs: 190 }],
  ['jitter', { kind: 'jitter', direction: 'both', amplitude_ms: 30 }, { end: REGULAR, octets: WHOLE }],
  ['slice', { kind: 'slice', direction: 'to_client', bytes: 500, variation: 100, gap_ms: 5 }, { end: REGULAR, octets: WHOLE, leastMs: 75 }],
  [
    'reset after octets',
    { kind: 'reset', direction: 'to_client', after_bytes: 4_000 },
    { end: 'reset', octets: [0, 4_000], position: 4_000, reason: 'fault_injected' },
  ],
  ['reset at once', { kind: 'reset', after_bytes: 0 }, { end: 'reset', octets: [0, 0], position: 0, reason: 'fault_injected' }],
  ['reset after a time', { kind: 'reset', after_ms: 0 }, { end: 'reset', position: 0, reason: 'fault_injected' }],
  [
    'limit, orderly',
    { kind: 'limit_bytes', bytes: 4_000 },
    { end: 'fin', octets: [3_000, 4_000], position: 4_000, reason: 'fault_injected' },
  ],
  [
    'limit, reset',
    { kind: 'limit_bytes', bytes: 4_000, how: 'reset' },
    { end: 'reset', octets: [0, 4_000], position: 4_000, reason: 'fault_injected' },
  ],
  [
    'half-close',
    { kind: 'half_close', after_bytes: 4_000 },
    { end: 'fin', octets: [3_000, 4_000], position: 4_000, reason: 'fault_injected' },
  ],
  [
    'black hole',
    { kind: 'blackhole', after_bytes: 4_000 },
    { end: 'open', octets: [3_000, 4_000], position: 4_000, reason: 'fault_injected' },
  ],
]

for (const mode of MODES) {
  t.test(mode, async (t) => {
    const origin = await FaultOrigin.start(t, mode, OCTETS)
    for (const [name, fault, expected] of CASES) {
      t.test(name, async (t) => {
        const harness = await EngineHarness.start(t, optionsFor(mode, fault))
        const end = typeof expected.end === 'string' ? expected.end : expected.end[mode]
        const seen = await ask(harness, mode, origin, end === 'open' ? expected.octets?.[0] : undefined)
        t.equal(seen.end, end, JSON.stringify(seen))
        const [least, most] = expected.octets ?? [0, Number.POSITIVE_INFINITY]
        t.ok(seen.octets >= least && seen.octets <= most, `${seen.octets} octets`)
        // A black hole counts the request as well.
        if (expected.position !== undefined && end === 'fin') t.equal(seen.octets, expected.position, 'exact to the octet')
        t.ok(seen.ms >= (expected.leastMs ?? 0), `${seen.ms} ms`)
        await told(t, harness, typeof fault === 'object' && 'kind' in fault ? String(fault.kind) : '', expected)
      })
    }
  })
}

/** The event, the mark on what follows, the counter and the close reason; and the laws that every flow keeps. */
async function told(t: Test, harness: EngineHarness, kind: string, { position = 0, reason }: Expected): Promise<void> {
  await harness.checkLaws(t, 1)
  const [injected, ...others] = harness.named('fault_injected')
  t.match(injected, { rule: 'spoilt', fault: 0, kind, position, unit: 'bytes', applied: 'as_asked' })
  t.same(others, [])
  const later = harness.events.filter(({ flow_seq }) => flow_seq > (injected?.flow_seq ?? 0))
  t.ok(later.length > 0 && later.every(({ faulted }) => faulted === true), 'what follows is marked')
  const earlier = harness.events.filter(({ flow_seq }) => flow_seq < (injected?.flow_seq ?? 0))
  t.ok(
    earlier.every(({ faulted }) => faulted === undefined),
    'what went before is not',
  )
  if (reason !== undefined) t.match(harness.flowEnds(), [{ close_reason: reason }])
  t.equal((await harness.metrics()).value('soth_mitm_faults_injected_total', { rule: 'spoilt', kind }), 1)
}

interface AtConnect {
  readonly fault: FaultInput
  /** What the client of a CONNECT, or of a plain request, has read when the connection ends. */
  readonly text: RegExp
  readonly plainText?: RegExp
  readonly end: 'fin' | 'reset' | 'open'
  readonly reason: string
  readonly leastMs?: number
}

const AT_CONNECT: Readonly<Record<string, AtConnect>> = {
  'refused with a status': {
    fault: { kind: 'refuse', status: 504 },
    text: /^HTTP\/1.1 504 .*fault_injected/s,
    end: 'fin',
    reason: 'fault_injected',
  },
  'refused by a close': { fault: { kind: 'refuse', with: 'close' }, text: /^$/, end: 'fin', reason: 'fault_injected' },
  'refused by a reset': { fault: { kind: 'refuse', with: 'reset' }, text: /^$/, end: 'reset', reason: 'fault_injected' },
  'never answered': { fault: { kind: 'blackhole', at: 'connect' }, text: /^$/, end: 'open', reason: 'client_reset' },
  'answered late': { fault: { kind: 'connect_delay', ms: 90 }, text: /^HTTP\/1.1 200 /, end: 'open', reason: 'relay_eof', leastMs: 85 },
  'answered and closed': {
    fault: { kind: 'close_after_connect' },
    text: /^HTTP\/1.1 200 /,
    plainText: /^HTTP\/1.1 200 OK/,
    end: 'fin',
    reason: 'fault_injected',
  },
  'answered and reset': {
    fault: { kind: 'close_after_connect', how: 'reset' },
    text: /^HTTP\/1.1 200 /,
    plainText: /^HTTP\/1.1 200 OK/,
    end: 'reset',
    reason: 'fault_injected',
  },
}

t.test('before the relay', async (t) => {
  const server = await startHttpOrigin((_request, response) => void response.end('answer'))
  const silent = await startTcpOrigin(() => undefined)
  t.teardown(() => Promise.all([server.close(), silent.close()]))
  for (const [name, { fault, text, plainText, end, reason, leastMs = 0 }] of Object.entries(AT_CONNECT)) {
    const kind = String((fault as { kind: string }).kind)
    t.test(`CONNECT ${name}`, async (t) => {
      const harness = await EngineHarness.start(t, optionsFor('tunnel', fault))
      const client = openProxy(harness.proxyPort)
      const startedAt = performance.now()
      client.socket.write(`CONNECT 127.0.0.1:${silent.port} HTTP/1.1\r\nHost: x\r\n\r\n`)
      if (end === 'open') {
        const isMute = kind === 'blackhole'
        if (isMute) await settles(harness, 'fault_injected')
        else await client.has('\r\n\r\n')
        t.equal(client.ended || client.closed, false)
        t.ok(performance.now() - startedAt >= leastMs)
        client.socket.destroy()
        silent.drop()
      } else await client.over()
      t.match(client.text, text)
      t.equal(client.error?.code, end === 'reset' ? 'ECONNRESET' : undefined)
      await harness.checkLaws(t, 1)
      t.match(harness.named('fault_injected'), [{ rule: 'spoilt', kind, phase: 'connect', applied: 'as_asked' }])
      t.match(harness.flowEnds(), [{ close_reason: reason, faulted: true }])
    })
    t.test(`a plain request ${name}`, async (t) => {
      const harness = await EngineHarness.start(t, optionsFor('tunnel', fault))
      const client = openProxy(harness.proxyPort)
      client.socket.write(`GET http://127.0.0.1:${server.port}/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
      const isApplied = kind !== 'close_after_connect'
      if (end === 'open' && kind === 'blackhole') {
        await settles(harness, 'fault_injected')
        client.socket.destroy()
      } else await client.over()
      t.match(client.text, plainText ?? text)
      t.equal(client.error?.code, end === 'reset' && isApplied ? 'ECONNRESET' : undefined)
      await harness.checkLaws(t, 1)
      t.match(harness.named('fault_injected'), [{ kind, applied: isApplied ? 'as_asked' : { not_applicable: /200/ } }])
    })
  }
})

/** Waits for an event of `name`. */
async function settles(harness: EngineHarness, name: 'fault_injected'): Promise<void> {
  for (let tries = 0; harness.named(name).length === 0; tries++) {
    if (tries > 6_000) throw new Error(`no ${name}`)
    await delay(10)
    await harness.engine.flush()
  }
}

t.test('flows that no rule is for go on beside those that are spoilt', async (t) => {
  const origins = await Promise.all(MODES.map((mode) => FaultOrigin.start(t, mode, OCTETS)))
  const spoilt = [
    { name: 'reset', match: { port: origins[0]?.port ?? 0 }, fault: { kind: 'reset', after_bytes: 0, every: 2 } },
    { name: 'hole', match: { host: 'nowhere.test' }, fault: { kind: 'blackhole' } },
  ] as const
  const harness = await EngineHarness.start(t, {
    rules: [...spoilt, { match: { host: '127.0.0.1' }, action: 'tunnel' }],
    workers: 2,
  })
  const asked = MODES.flatMap((mode, n) => Array.from({ length: 6 }, () => [mode, origins[n] as FaultOrigin] as const))
  const seen = await Promise.all(
    asked.map(async ([mode, origin]) => [mode, await ask(harness, mode, origin, mode === 'http2' ? OCTETS : undefined)] as const),
  )
  const ends = (mode: Mode) => seen.flatMap(([of, { end, octets }]) => (of === mode ? `${end} ${octets >= OCTETS}` : [])).sort()
  t.same(ends('tunnel'), ['fin true', 'fin true', 'fin true', 'reset false', 'reset false', 'reset false'])
  t.same(ends('http1'), new Array(6).fill('fin true'))
  t.same(ends('http2'), new Array(6).fill('open true'))
  await harness.checkLaws(t, asked.length)
  t.equal(harness.named('fault_injected').length, 3)
})
