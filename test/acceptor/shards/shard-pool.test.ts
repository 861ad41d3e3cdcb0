/** Mirror test of `src/acceptor/shards/shard-pool.ts`: real threads, a task that only counts. */

import { openSync } from 'node:fs'
import { devNull } from 'node:os'
import t, { type Test } from 'tap'
import { ShardPool } from '../../../src/acceptor/shards/shard-pool.ts'
import { AcceptorCounters } from '../../../src/shared/counters/acceptor-counters.ts'
import { allocateCounters, CountersView } from '../../../src/shared/counters/counters-view.ts'
import type { ShardStart } from '../../../src/shared/shard-start.ts'
import type { Ticket } from '../../../src/shared/ticket.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'

const ENTRY = new URL('../../support/processes/test-shard-task.js', import.meta.url)

interface Setup {
  readonly pool: ShardPool
  readonly view: CountersView
  readonly counters: AcceptorCounters
  /** `shard: hosts of the tickets that were not adopted`. */
  readonly lost: string[]
  /** Called when a thread is about to be started. */
  readonly lives: { onBegin: () => void }
}

function setUp(t: Test, shards: number, ca_dir = '', reported = () => Promise.resolve()): Setup {
  const memory = allocateCounters(shards)
  const counters = new AcceptorCounters(memory)
  const view = new CountersView(memory)
  const lost: string[] = []
  const lives = { onBegin: () => {} }
  const pool = new ShardPool({
    shards,
    entry: ENTRY,
    startOf: (index) => {
      lives.onBegin()
      return { worker: index + 1, counters: memory, options: { ca_dir } } as Omit<ShardStart, 'port'>
    },
    counters,
    view,
    onReport: () => {},
    onShardLost: (index, _error, unadopted) => {
      lost.push(`${index}: ${unadopted.map((ticket) => ticket.host).join()}`)
      return reported()
    },
  })
  t.teardown(() => pool.close())
  return { pool, view, counters, lost, lives }
}

function ticket(host: string): Ticket {
  return { host, descriptor: openSync(devNull, 'r') } as Ticket
}

t.test('tickets are adopted; the load is what was given and has not ended', async (t) => {
  const { pool, view } = setUp(t, 2)
  t.equal(pool.load(0), -1, 'not before it is ready')
  await pool.start()
  t.same([pool.size, pool.load(0), pool.load(1), pool.load(2)], [2, 0, 0, -1])
  for (const host of ['a', 'b']) pool.post(0, ticket(host))
  pool.post(1, ticket('c'))
  t.equal(pool.load(0), 2, 'at once')
  pool.post(0, ticket('short'))
  await until(() => view.worker(1, 'ended') === 1 && view.worker(2, 'adopted') === 1, 'they have arrived')
  t.same([pool.load(0), pool.load(1)], [2, 1])
})

t.test('a thread that dies loses its sessions only; what it had not adopted goes to its successor', async (t) => {
  let report: () => void = () => undefined
  const reported = new Promise<void>((resolve) => {
    report = resolve
  })
  const { pool, view, lost } = setUp(t, 2, '', () => reported)
  await pool.start()
  for (const host of ['a', 'b']) pool.post(0, ticket(host))
  pool.post(1, ticket('x'))
  await until(() => view.worker(1, 'adopted') === 2, 'two are adopted')
  // Behind the one that kills the thread, before anybody knows. It is handed on too, but must not kill again.
  const killer = { ...ticket('die') }
  pool.post(0, killer)
  for (const host of ['c', 'd']) pool.post(0, ticket(host))
  Object.assign(killer, { host: 'short' })
  await until(() => lost.length === 1, 'the loss is told')
  t.same(lost, ['0: short,c,d'])
  t.equal(pool.load(0), -1, 'nothing is given to it meanwhile')
  t.equal(view.shard(1, 'lost'), 2)
  t.equal(pool.load(1), 1, 'the other goes on')
  report()
  await until(() => view.worker(1, 'adopted') === 5, 'the successor has adopted the rest')
  t.same([view.shard(1, 'handed_off'), view.shard(1, 'lost'), view.worker(1, 'ended'), pool.load(0)], [5, 2, 1, 2])
})

t.test('a successor that dies too hands them on again', async (t) => {
  const { pool, view, lost } = setUp(t, 1)
  await pool.start()
  pool.post(0, ticket('die'))
  const last = ticket('a')
  pool.post(0, last)
  await until(() => lost.length >= 2, 'two lives are over')
  t.same(lost.slice(0, 2), ['0: die,a', '0: die,a'])
  t.equal(view.shard(1, 'lost'), 0, 'nobody had adopted them')
})

t.test('what is told while a shard starts reaches it, and its successor as well', async (t) => {
  const { pool, view, lives } = setUp(t, 1)
  lives.onBegin = () => setImmediate(() => pool.broadcast({ kind: 'drain', deadlineMs: 0 }))
  await pool.start()
  await until(() => view.worker(1, 'ended') === 1, 'it was told')
  pool.post(0, ticket('die'))
  await until(() => view.worker(1, 'ended') === 2, 'its successor was told')
})

t.test('a shard that cannot start fails the start', async (t) => {
  const { pool } = setUp(t, 2, 'fails-at-start')
  await t.rejects(pool.start(), { message: 'cannot start' })
})

t.test('close ends the threads, and closes descriptors that nobody has adopted', async (t) => {
  const { pool, lost } = setUp(t, 1, '', () => new Promise(() => undefined))
  await pool.start()
  pool.post(0, ticket('die'))
  await until(() => lost.length === 1, 'the thread is gone')
  await pool.close()
  t.equal(pool.load(0), -1)
})
