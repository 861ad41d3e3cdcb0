/** FaultCounters: candidates, injections and active ones in shared memory, counted exactly by several threads; schedules. */

import { Worker } from 'node:worker_threads'
import t from 'tap'
import { allocateFaultCounters, FaultCounters } from '../../../src/shared/faults/fault-counters.ts'

t.setTimeout(600_000)

const UNBOUNDED = { times: undefined, max_active: undefined }

t.test('slots do not touch one another', async (t) => {
  const counters = new FaultCounters(allocateFaultCounters(2, 0))
  t.same([counters.candidate(0), counters.candidate(0), counters.candidate(1)], [0, 1, 0])
  t.same([counters.begin(0, { ...UNBOUNDED, times: 1 }), counters.begin(0, { ...UNBOUNDED, times: 1 })], [true, false])
  t.equal(counters.begin(1, { ...UNBOUNDED, times: 1 }), true)
})

t.test('as many are active as may be; what was not begun counts neither way', async (t) => {
  const counters = new FaultCounters(allocateFaultCounters(1, 0))
  const limits = { times: 3, max_active: 2 }
  t.same([counters.begin(0, limits), counters.begin(0, limits), counters.begin(0, limits)], [true, true, false])
  counters.end(0)
  t.equal(counters.begin(0, limits), true)
  counters.end(0)
  t.equal(counters.begin(0, limits), false, 'three have been')
  t.equal(counters.begin(0, { ...limits, times: 4 }), true, 'the one that was refused is not active')
})

t.test('schedules', async (t) => {
  const begin = 1_700_000_000_000
  const counters = new FaultCounters(allocateFaultCounters(0, begin))
  const once = { start_ms: 100, duration_ms: 50 }
  const again = { ...once, period_ms: 200 }
  const cases: readonly (readonly [at: number, once: boolean, again: boolean])[] = [
    [0, false, false],
    [99, false, false],
    [100, true, true],
    [149, true, true],
    [150, false, false],
    [299, false, false],
    [300, false, true],
    [349, false, true],
    [350, false, false],
    [100 + 200 * 1_000, false, true],
  ]
  for (const [at, ...due] of cases) t.same([counters.isDue(once, begin + at), counters.isDue(again, begin + at)], due, `${at} ms`)
})

t.test('exact with two threads at it', async (t) => {
  const memory = allocateFaultCounters(1, 0)
  const module = new URL('../../../src/shared/faults/fault-counters.js', import.meta.url).href
  const code = `
    import { parentPort, workerData } from 'node:worker_threads'
    import { FaultCounters } from ${JSON.stringify(module)}
    const counters = new FaultCounters(workerData)
    let begun = 0
    for (let n = 0; n < 50_000; n++) { counters.candidate(0); if (counters.begin(0, { times: 30_000 })) begun++ }
    parentPort.postMessage(begun)`
  const workers = [0, 1].map(() => new Worker(new URL(`data:text/javascript,${encodeURIComponent(code)}`), { workerData: memory }))
  const begun = await Promise.all(
    workers.map((worker) => new Promise<number>((resolve, reject) => worker.once('message', resolve).once('error', reject))),
  )
  t.equal(
    begun.reduce((sum, count) => sum + count, 0),
    30_000,
  )
  t.equal(new FaultCounters(memory).candidate(0), 100_000)
})
