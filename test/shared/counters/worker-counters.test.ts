/** WorkerCounters: each name its own word, totals that outlive a worker, gauges that begin anew. */

import t from 'tap'
import { WORKER_GAUGES, WORKER_TOTALS } from '../../../src/shared/counters/counters-descriptor.ts'
import { allocateCounters, CountersView } from '../../../src/shared/counters/counters-view.ts'
import { WorkerCounters } from '../../../src/shared/counters/worker-counters.ts'

t.setTimeout(600_000)

t.test('one name changes one word', async (t) => {
  for (const total of WORKER_TOTALS) {
    const memory = allocateCounters(2)
    new WorkerCounters(memory, 2).add(total, 2 ** 40)
    new WorkerCounters(memory, 2).add(total)
    const view = new CountersView(memory)
    for (const other of WORKER_TOTALS) t.equal(view.worker(2, other), other === total ? 2 ** 40 + 1 : 0)
    t.ok(WORKER_TOTALS.every((other) => view.worker(1, other) === 0) && WORKER_GAUGES.every((gauge) => view.gauge(2, gauge) === 0))
  }
})

t.test('a successor goes on from the totals and clears the gauges', async (t) => {
  const memory = allocateCounters(1)
  const lost = new WorkerCounters(memory, 1)
  for (const gauge of WORKER_GAUGES) lost.set(gauge, 1.5)
  lost.add('adopted', 7)
  const view = new CountersView(memory)
  t.equal(view.gauge(1, 'loop_utilization'), 1.5)
  new WorkerCounters(memory, 1).add('adopted')
  t.equal(view.worker(1, 'adopted'), 8)
  t.ok(WORKER_GAUGES.every((gauge) => view.gauge(1, gauge) === 0))
})
