/** ExchangeQueue: order, bound, reuse of records, and numbers that are never given twice. */

import t from 'tap'
import { ExchangeQueue } from '../../../../src/workers/layers/http1/exchange-queue.ts'

t.test('first in, first out, around the ring', async (t) => {
  const queue = new ExchangeQueue(3)
  t.equal(queue.front, undefined)
  t.equal(queue.back, undefined)
  for (let n = 0; n < 10; n++) {
    const first = queue.push()
    const second = queue.push()
    t.equal(first.number, n * 2)
    t.equal(second.number, n * 2 + 1)
    t.equal(queue.front, first)
    t.equal(queue.back, second)
    t.equal(queue.at(1), second)
    queue.shift()
    t.equal(queue.front, second)
    queue.shift()
    t.equal(queue.length, 0)
  }
})

t.test('the bound, and a shift at it', async (t) => {
  const queue = new ExchangeQueue(2)
  queue.push()
  const second = queue.push()
  t.ok(queue.isFull)
  t.throws(() => queue.push(), /invariant/)
  queue.shift()
  const third = queue.push()
  t.equal(queue.front, second)
  t.equal(queue.back, third)
  queue.clear()
  t.equal(queue.length, 0)
})

t.test('records are reused and come back clean', async (t) => {
  const queue = new ExchangeQueue(4)
  const record = queue.push()
  const clean = { ...record, number: 2 }
  Object.assign(record, { isHead: true, isConnect: true, maySwitch: true, forwarded: true, requestDone: true, responseStarted: true })
  Object.assign(record, { responseDone: true, reply: Buffer.alloc(1), closesAfterReply: true, opaque: true, reason: 'x', ended: true })
  queue.shift()
  t.equal(queue.takeNumber(), 1)
  t.equal(queue.push(), record)
  t.same({ ...record }, clean)
})
