/** The counters: layout, one word per writer, totals that survive a worker, loads. */

import t from 'tap'
import { AcceptorCounters } from '../../../src/shared/counters/acceptor-counters.ts'
import {
  ACCEPTOR_TOTALS,
  countersBytes,
  ENGINE_STATES,
  REFUSAL_SLOTS,
  SHARD_TOTALS,
  WORKER_BLOCK_BYTES,
  WORKER_GAUGES,
  WORKER_TOTALS,
  WORKER_TOTALS_OFFSET,
  workerOffset,
} from '../../../src/shared/counters/counters-descriptor.ts'
import { allocateCounters, CountersView } from '../../../src/shared/counters/counters-view.ts'
import { WorkerCounters } from '../../../src/shared/counters/worker-counters.ts'
import { CACHE_LINE_BYTES } from '../../../src/shared/ring/ring-descriptor.ts'

const WORKERS = 3

t.test('every word is its own: each written with a different value, all read back', (t) => {
  const memory = allocateCounters(WORKERS)
  const acceptor = new AcceptorCounters(memory)
  const workers = [1, 2, 3].map((worker) => new WorkerCounters(memory, worker))
  const view = new CountersView(memory)
  let value = 0
  for (const total of ACCEPTOR_TOTALS) acceptor.add(total, ++value)
  for (let slot = 0; slot < REFUSAL_SLOTS; slot++, value++) acceptor.addRefused(slot)
  for (const [n, counters] of workers.entries()) {
    for (const total of SHARD_TOTALS) acceptor.addShard(n + 1, total, ++value)
    for (const total of WORKER_TOTALS) counters.add(total, ++value)
    for (const gauge of WORKER_GAUGES) counters.set(gauge, ++value)
  }
  value = 0
  for (const total of ACCEPTOR_TOTALS) t.equal(view.acceptor(total), ++value)
  for (let slot = 0; slot < REFUSAL_SLOTS; slot++, value++) t.equal(view.refused(slot), 1)
  for (let worker = 1; worker <= WORKERS; worker++) {
    for (const total of SHARD_TOTALS) t.equal(view.shard(worker, total), ++value)
    for (const total of WORKER_TOTALS) t.equal(view.worker(worker, total), ++value)
    for (const gauge of WORKER_GAUGES) t.equal(view.gauge(worker, gauge), ++value)
  }
  t.equal(view.workers, WORKERS)
  t.equal(view.active, 1 - 2)
  t.end()
})

t.test('no cache line has two writers', (t) => {
  t.equal(countersBytes(0) % CACHE_LINE_BYTES, 0)
  t.equal(WORKER_BLOCK_BYTES % CACHE_LINE_BYTES, 0)
  t.equal((workerOffset(1) + WORKER_TOTALS_OFFSET) % CACHE_LINE_BYTES, 0)
  t.end()
})

t.test('the state goes through all of its values', (t) => {
  const memory = allocateCounters(0)
  const view = new CountersView(memory)
  t.equal(view.state, 'starting')
  for (const state of ENGINE_STATES) {
    new AcceptorCounters(memory).setState(state)
    t.equal(view.state, state)
  }
  t.end()
})

t.test('a lost worker’s sessions leave its load, and its successor goes on from its totals', (t) => {
  const memory = allocateCounters(2)
  const acceptor = new AcceptorCounters(memory)
  const view = new CountersView(memory)
  const worker = new WorkerCounters(memory, 2)
  acceptor.addShard(2, 'handed_off', 5)
  worker.add('adopted', 4)
  worker.add('ended', 1)
  worker.set('loop_delay_p99_ms', 9)
  t.equal(acceptor.load(2), 4)
  t.equal(acceptor.loseAll(2), 4)
  t.equal(acceptor.load(2), 0)
  const successor = new WorkerCounters(memory, 2)
  t.equal(view.gauge(2, 'loop_delay_p99_ms'), 0, 'gauges begin anew')
  acceptor.addShard(2, 'handed_off')
  t.equal(view.load(2), 1)
  successor.add('ended')
  t.equal(view.load(2), 0)
  t.equal(view.worker(2, 'ended'), 2)
  t.equal(view.load(1), 0)
  t.end()
})
