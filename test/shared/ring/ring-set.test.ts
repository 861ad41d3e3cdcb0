/** RingSet: the acceptor's records of a flow come out before the worker's, wherever a poll is interrupted. */

import t from 'tap'
import { Doorbell } from '../../../src/shared/ring/doorbell.ts'
import { RingConsumer } from '../../../src/shared/ring/ring-consumer.ts'
import { allocateRing } from '../../../src/shared/ring/ring-memory.ts'
import { RingProducer } from '../../../src/shared/ring/ring-producer.ts'
import { RingSet } from '../../../src/shared/ring/ring-set.ts'

function makeSet(rings: number) {
  const memories = Array.from({ length: rings }, () => allocateRing(8192, { wallMs: 0, monoNs: 0n }))
  const producers = memories.map((memory) => new RingProducer(memory, new Doorbell()))
  const put = (ring: number, type: number) => {
    const producer = producers[ring] as RingProducer
    producer.tryClaim(8, 0)
    producer.commit(type)
  }
  return { put, set: new RingSet(memories.map((memory, n) => new RingConsumer(memory, n))) }
}

t.test('the acceptor’s ring first, then the others in order', (t) => {
  const { put, set } = makeSet(3)
  t.ok(set.idle)
  put(2, 20)
  put(1, 10)
  put(0, 1)
  put(0, 2)
  t.notOk(set.idle)
  const seen: [number, number][] = []
  t.equal(set.poll({ onRecord: (ring, type) => seen.push([ring, type]) }), 4)
  t.same(seen, [
    [0, 1],
    [0, 2],
    [1, 10],
    [2, 20],
  ])
  t.ok(set.idle)
  t.end()
})

t.test('a flow that is accepted and answered in the middle of a poll keeps its order', (t) => {
  // While record `at` is being handled, the acceptor tells of a new flow and a worker right after it: whatever the moment,
  // the acceptor's record (odd) must come out before the worker's (even).
  for (let at = 0; at < 4; at++) {
    const { put, set } = makeSet(3)
    put(0, 101)
    put(0, 103)
    put(1, 102)
    put(2, 104)
    const seen: number[] = []
    const onRecord = (_ring: number, type: number) => {
      if (seen.push(type) - 1 !== at) return
      put(0, 201)
      put(1, 202)
      put(0, 203)
      put(2, 204)
    }
    while (!set.idle) set.poll({ onRecord })
    t.equal(seen.length, 8)
    for (const acceptor of [101, 103, 201, 203]) t.ok(seen.indexOf(acceptor) < seen.indexOf(acceptor + 1), `${acceptor} at ${at}`)
  }
  t.end()
})

t.test('drainRing empties one worker’s ring, after the acceptor’s', (t) => {
  const { put, set } = makeSet(3)
  put(1, 10)
  put(2, 20)
  put(0, 1)
  const seen: number[] = []
  const handler = { onRecord: (_ring: number, type: number) => seen.push(type) }
  t.equal(set.drainRing(2, handler), 2)
  t.same(seen, [1, 20])
  t.equal(set.drainRing(0, handler), 0)
  t.end()
})

t.test('rings must stand at their number', (t) => {
  t.throws(() => new RingSet([new RingConsumer(allocateRing(8192, { wallMs: 0, monoNs: 0n }), 1)]))
  t.end()
})
