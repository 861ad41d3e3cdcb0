/** Time origins: two threads' clocks become one. */

import { Worker } from 'node:worker_threads'
import t from 'tap'
import { originShiftMs, threadOrigin } from '../../../src/shared/ring/time-origin.ts'

t.setTimeout(600_000)

t.test('the shift is the distance of the origins', (t) => {
  t.equal(originShiftMs({ wallMs: 0, monoNs: 5_500_000n }, { wallMs: 9, monoNs: 2_000_000n }), 3.5)
  t.end()
})

t.test('a thread’s origin is where its performance.now() is 0', (t) => {
  const origin = threadOrigin()
  const before = performance.now()
  const sinceMs = Number(process.hrtime.bigint() - origin.monoNs) / 1e6
  t.ok(sinceMs > before - 0.1 && sinceMs < performance.now() + 0.1, `${sinceMs} ms`)
  t.ok(Math.abs(origin.wallMs + performance.now() - Date.now()) < 1000)
  t.end()
})

t.test('losing the core between the two clocks does not shift the origin', (t) => {
  let nowNs = 5_000_000_000n
  let readings = 0
  const { monoNs } = threadOrigin({
    sinceStartMs: () => Number(nowNs - 2_000_000_000n) / 1e6,
    monoNs: () => {
      nowNs += readings++ % 8 === 0 ? 9_000_000n : 200n
      return nowNs
    },
  })
  t.equal(monoNs, 2_000_000_200n)
  t.end()
})

t.test('a worker’s time, shifted, is the main thread’s', async (t) => {
  const url = new URL('../../../src/shared/ring/time-origin.js', import.meta.url).href
  const code = `import(${JSON.stringify(url)}).then(({ threadOrigin }) =>
    require('node:worker_threads').parentPort.postMessage({ origin: threadOrigin(), now: performance.now() }))`
  const before = performance.now()
  const told = await new Promise<{ origin: ReturnType<typeof threadOrigin>; now: number }>((resolve, reject) => {
    new Worker(code, { eval: true }).once('message', resolve).once('error', reject)
  })
  const now = told.now + originShiftMs(told.origin, threadOrigin())
  t.ok(now > before && now < performance.now(), 'between two looks at our own clock')
})
