/** CountersView reads every word that acceptor and workers write, each from its own place. */

import t from 'tap'
import { AcceptorCounters } from '../../../src/shared/counters/acceptor-counters.ts'
import {
  ACCEPTOR_TOTALS,
  REFUSAL_SLOTS,
  SHARD_TOTALS,
  WORKER_GAUGES,
  WORKER_TOTALS,
} from '../../../src/shared/counters/counters-descriptor.ts'
import { allocateCounters, CountersView } from '../../../src/shared/counters/counters-view.ts'
import { WorkerCounters } from '../../../src/shared/counters/worker-counters.ts'

t.setTimeout(600_000)

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
  let gone = 0
  for (let worker = 1; worker <= WORKERS; worker++) gone += view.worker(worker, 'ended') + view.shard(worker, 'lost')
  t.equal(view.active, 1 - 2 - gone)
  t.end()
})
