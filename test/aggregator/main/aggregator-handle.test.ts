/** AggregatorHandle: a real thread: start, events from rings to listeners, flush, worker_lost, a small sink, close, loss. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { request } from 'undici'
import { AggregatorHandle } from '../../../src/aggregator/main/aggregator-handle.ts'
import type { AggregatorOptions } from '../../../src/shared/aggregator-protocol.ts'
import type { SothEvent } from '../../../src/shared/events/event.ts'
import { RingProducer } from '../../../src/shared/ring/ring-producer.ts'
import { threadOrigin } from '../../../src/shared/ring/time-origin.ts'
import { AggregatorHarness, until } from '../../support/harnesses/aggregator-harness.ts'
import { parseExposition } from '../../support/recorders/parse-exposition.ts'

t.setTimeout(600_000)

function make(options: Partial<AggregatorOptions> = {}, { capacity = 1_048_576 } = {}) {
  const harness = new AggregatorHarness({ capacity, origin: threadOrigin() })
  const lost: string[] = []
  const logged: string[] = []
  const handle = new AggregatorHandle(harness.data(options), {
    log: (_, message) => logged.push(message),
    onLost: (error) => lost.push(error.message),
    onOutputGone: () => undefined,
    onReload: () => Promise.resolve({ rules: 0 }),
    onAsk: (question) => ({ revoked: question.kind === 'revoke' ? 3 : 0, bypasses: [] }),
  })
  return { harness, handle, lost, logged }
}

t.test('starts, delivers, flushes, closes', async (t) => {
  const path = join(t.testdir(), 'events.ndjson')
  const { harness, handle, lost } = make({ admin: '127.0.0.1:0', events: { file: path, rotateBytes: 1_000_000, rotateKeep: 1 } })
  const early: SothEvent[] = []
  handle.subscribe({}, (event) => void early.push(event))
  const { adminAddress } = await handle.start()
  t.ok((adminAddress?.port ?? 0) > 0)

  const heads: SothEvent[] = []
  const stop = handle.subscribe({ events: ['request_headers'], hosts: ['.example'] }, (event) => void heads.push(event))
  await handle.flush()
  const flow = harness.open(1)
  harness.exchange(flow, 1, 0)
  harness.close(flow, 1)
  await handle.flush()
  t.equal(early.length, 6)
  t.same(
    early.map((event) => event.flow_seq),
    [0, 1, 2, 3, 4, 5],
  )
  t.match(heads, [{ event: 'request_headers', exchange: 0 }])
  t.ok(Math.abs((early[0]?.time_unix_ms ?? 0) - performance.timeOrigin) < 10_000, 'wall time')
  stop()
  stop()
  harness.exchange(harness.open(2), 1, 0)
  await handle.flush()
  t.equal(heads.length, 1)

  const text = await (await fetch(`http://127.0.0.1:${adminAddress?.port}/metrics`)).text()
  t.equal(parseExposition(text).value('soth_mitm_requests_total', { protocol: 'http1', method: 'GET', status_class: '2xx' }), 2)
  harness.close(harness.open(3), 0)
  await handle.close()
  await handle.close()
  t.equal(early.length, 6 + 5 + 3, 'what lay in the rings at the close was delivered')
  t.equal(readFileSync(path, 'utf8').split('\n').length - 1, early.length)
  t.same(lost, [], 'a thread that was closed is not lost')
  await t.rejects(handle.flush(), /not running/)
  t.throws(() => handle.subscribe({}, () => undefined), /closed/)
})

t.test('a parked aggregator is woken by the doorbell', async (t) => {
  const { harness, handle } = make()
  const seen: SothEvent[] = []
  handle.subscribe({}, (event) => void seen.push(event))
  await handle.start()
  await until(() => new Int32Array(harness.doorbell.memory)[0] === 1, 'it has parked')
  harness.open(1)
  await until(() => seen.length === 2, 'the events have come')
  await handle.close()
  t.pass()
})

t.test('worker_lost ends its flows, and resolves after that', async (t) => {
  const { harness, handle } = make()
  const seen: SothEvent[] = []
  handle.subscribe({ events: ['stream_closed'] }, (event) => void seen.push(event))
  await handle.start()
  const flow = harness.open(1)
  harness.request(flow, 2, 0)
  await handle.workerLost(2)
  await handle.flush()
  t.match(seen, [
    { close_reason: 'worker_lost', exchange: 0, flow_seq: 3, worker: 2 },
    { close_reason: 'worker_lost', flow_seq: 4 },
  ])
  await handle.close()
})

t.test('a listener that is slower than the traffic loses only its own events', async (t) => {
  const { harness, handle } = make()
  const slow: SothEvent[] = []
  const fast: SothEvent[] = []
  const takeSlowly = async (event: SothEvent) => {
    await until(() => fast.length >= 1_000, 'the other has all')
    slow.push(event)
  }
  handle.subscribe({}, takeSlowly, { queue: 10 })
  handle.subscribe({}, (event) => void fast.push(event), { queue: 5_000 })
  await handle.start()
  const flow = harness.open(1)
  for (let exchange = 0; exchange < 333; exchange++) harness.exchange(flow, 1, exchange)
  await handle.flush()
  t.equal(fast.length, 1_001)
  t.equal(slow.length, 11)
  t.match(slow[10], { event: 'events_dropped', count: 991 })
  await handle.close()
})

t.test('start rejects with the failure, and the thread is gone', async (t) => {
  const { handle, lost } = make({ admin: 'nonsense' })
  await t.rejects(handle.start(), { name: 'StartFailure', code: 'admin_address_invalid' })
  t.same(lost, [])
})

t.test('closed without having been started; a subscription ended before the start', async (t) => {
  const never = make()
  never.handle.subscribe({}, () => undefined)
  await never.handle.close()
  const { harness, handle } = make()
  handle.subscribe({}, () => void t.fail('it was ended'))()
  await handle.start()
  harness.open(1)
  await handle.close()
  t.pass()
})

t.test('what a caller gives is checked', async (t) => {
  const { handle } = make()
  t.throws(() => handle.subscribe({ events: 'x' } as never, () => undefined), TypeError)
  for (const queue of [0, 1.5, -1, 1e9]) t.throws(() => handle.subscribe({}, () => undefined, { queue }), TypeError)
  t.throws(() => {
    for (let n = 0; n < 1_000; n++) handle.subscribe({}, () => undefined)
  }, /at most/)
})

t.test('a thread that ends unasked is told, and nothing waits for it', async (t) => {
  const { harness, handle, lost } = make()
  await handle.start()
  const flushed = handle.flush().then(() => handle.flush())
  // A record of no type that we know: an invariant of ours is broken, and the thread fails loud.
  const alien = new RingProducer(harness.rings[1] as SharedArrayBuffer, harness.doorbell)
  alien.tryClaim(64, 0)
  alien.commit(0x77)
  await t.rejects(flushed.then(() => handle.flush()))
  await until(() => lost.length === 1, 'the loss is told')
  await handle.close()
})

t.test('what the admin server asks of the main thread comes back', async (t) => {
  const { handle } = make({ admin: '127.0.0.1:0' })
  const { adminAddress } = await handle.start()
  const url = `http://127.0.0.1:${adminAddress?.port}/bypasses`
  t.same(await (await fetch(url)).json(), { bypasses: [] })
  const revoked = await request(`${url}?host=a.example`, { method: 'DELETE', headers: { 'x-soth-admin': '1' } })
  t.same(await revoked.body.json(), { revoked: 3, bypasses: [] })
  await handle.close()
})
