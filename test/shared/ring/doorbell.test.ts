/**
 * Doorbell: only a parked consumer is woken, by one producer, and no wake-up is lost, across threads and without waitAsync; an alarm is
 * heard once, however often it is raised.
 */

import { Worker } from 'node:worker_threads'
import t from 'tap'
import { Doorbell } from '../../../src/shared/ring/doorbell.ts'

t.setTimeout(600_000)

/** Keeps the event loop alive while `promise` is pending: `Atomics.waitAsync` does not. */
async function alive<T>(promise: Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, 1000)
  try {
    return await promise
  } finally {
    clearInterval(timer)
  }
}

t.test('an awake consumer is not rung', async (t) => {
  const bell = new Doorbell()
  t.notOk(bell.ring())
  const parked = alive(bell.park(() => true))
  t.ok(bell.ring(), 'the first takes the parked word')
  t.notOk(bell.ring(), 'the second finds it taken')
  await parked
  t.notOk(bell.ring())
})

t.test('work that came before the word was set is found by the second look', async (t) => {
  const bell = new Doorbell()
  await bell.park(() => false)
  t.notOk(bell.ring(), 'awake again')
})

t.test('a producer that rings between the second look and the wait is not missed', async (t) => {
  const bell = new Doorbell()
  await alive(
    bell.park(() => {
      t.ok(bell.ring())
      return true
    }),
  )
})

t.test('where waitAsync is missing, the consumer looks again by itself', async (t) => {
  const bell = new Doorbell(undefined, null)
  await alive(bell.park(() => true))
  t.notOk(bell.ring())
})

t.test('an alarm resolves the wait, once for all who raise it, and is lowered', async (t) => {
  const bell = new Doorbell()
  const alarmed = alive(bell.alarmed())
  t.ok(bell.alarm(), 'the first raises it')
  t.notOk(bell.alarm(), 'the second finds it raised')
  await alarmed
  t.ok(bell.alarm(), 'it was lowered')
  await alive(bell.alarmed())
  t.notOk(bell.ring(), 'the consumer was never parked')
})

t.test('where waitAsync is missing, no alarm can be heard', (t) => {
  t.notOk(new Doorbell(undefined, null).canAlarm)
  t.end()
})

t.test('ping-pong across threads: 2,000 wake-ups, none lost', async (t) => {
  const ROUNDS = 2000
  const bell = new Doorbell()
  const words = new Int32Array(new SharedArrayBuffer(8))
  const doorbellUrl = new URL('../../../src/shared/ring/doorbell.js', import.meta.url).href
  const code = `
    const { workerData } = require('node:worker_threads')
    import(workerData.doorbellUrl).then(({ Doorbell }) => {
      const bell = new Doorbell(workerData.memory)
      const words = new Int32Array(workerData.words)
      for (let n = 1; n <= ${ROUNDS}; n++) {
        Atomics.store(words, 0, n)
        bell.ring()
        while (Atomics.load(words, 1) < n) Atomics.wait(words, 1, n - 1, 1000)
      }
    })`
  const worker = new Worker(code, { eval: true, workerData: { memory: bell.memory, words: words.buffer, doorbellUrl } })
  const exited = new Promise((resolve) => worker.once('exit', resolve))
  for (let seen = 0; seen < ROUNDS; ) {
    await bell.park(() => Atomics.load(words, 0) === seen)
    const now = Atomics.load(words, 0)
    if (now === seen) continue
    t.equal(now, seen + 1)
    seen = now
    Atomics.store(words, 1, seen)
    Atomics.notify(words, 1)
  }
  t.equal(await exited, 0)
})
