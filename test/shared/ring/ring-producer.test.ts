/** Ring, both ends in one thread: publication, wrap, padding, abort, room, positions at the edge of 32 bits, takeover. */

import fc from 'fast-check'
import t from 'tap'
import { ALARM_DIVISOR } from '../../../src/shared/limits/ring.ts'
import { Doorbell } from '../../../src/shared/ring/doorbell.ts'
import { RingConsumer } from '../../../src/shared/ring/ring-consumer.ts'
import { CONTROL_BYTES, HEAD_OFFSET, PADDING_TYPE, RECORD_BODY_OFFSET, TAIL_OFFSET } from '../../../src/shared/ring/ring-descriptor.ts'
import { allocateRing, ringOrigin } from '../../../src/shared/ring/ring-memory.ts'
import { RING_FULL, RingProducer } from '../../../src/shared/ring/ring-producer.ts'
import { seededRandom } from '../../support/chunkings.ts'

const CAPACITY = 8192
const ORIGIN = { wallMs: 5, monoNs: 7n }

function makeRing(startAt = 0) {
  const memory = allocateRing(CAPACITY, ORIGIN)
  const words = new Int32Array(memory)
  words[TAIL_OFFSET >> 2] = startAt
  words[HEAD_OFFSET >> 2] = startAt
  return { memory, words, producer: new RingProducer(memory, new Doorbell()), consumer: new RingConsumer(memory, 1) }
}

/** Writes a record of `length` octets filled with `fill`; says whether it found room. */
function write(producer: RingProducer, length: number, fill: number, reserve = 0): boolean {
  const at = producer.tryClaim(length, reserve)
  if (at === RING_FULL) return false
  producer.bytes.fill(fill, at + RECORD_BODY_OFFSET, at + length)
  producer.commit(fill)
  return true
}

/** Drains into `[type, length]` pairs and checks every octet. */
function readAll(
  t: { fail(message: string): void },
  { memory, consumer }: { memory: SharedArrayBuffer; consumer: RingConsumer },
  limit?: number,
): [number, number][] {
  const bytes = new Uint8Array(memory)
  const seen: [number, number][] = []
  const onRecord = (ring: number, type: number, start: number, end: number) => {
    if (ring !== 1 || bytes.subarray(start + RECORD_BODY_OFFSET, end).some((byte) => byte !== (type & 0xff))) t.fail('torn record')
    seen.push([type, end - start])
  }
  consumer.drain({ onRecord }, limit)
  return seen
}

t.test('what is committed comes out whole and in order; what is not, does not', (t) => {
  const ring = makeRing()
  t.same(readAll(t, ring), [])
  write(ring.producer, 8, 1)
  write(ring.producer, 13, 2)
  ring.producer.tryClaim(100, 0)
  t.same(readAll(t, ring), [
    [1, 8],
    [2, 13],
  ])
  ring.producer.abort()
  write(ring.producer, 24, 3)
  t.same(readAll(t, ring), [[3, 24]])
  t.equal(ring.consumer.fill, 0)
  t.same(ringOrigin(ring.memory), ORIGIN)
  t.end()
})

t.test('a record that does not fit before the end goes to the start, behind padding; an aborted one leaves none', (t) => {
  const ring = makeRing(CAPACITY - 24)
  ring.producer.tryClaim(64, 0)
  ring.producer.abort()
  t.equal(ring.consumer.fill, 0)
  write(ring.producer, 64, 9)
  t.equal(ring.consumer.fill, 24 + 64)
  t.equal(ring.words[(CONTROL_BYTES + CAPACITY - 24 + 4) >> 2], PADDING_TYPE)
  t.same(readAll(t, ring), [[9, 64]])
  t.end()
})

t.test('a record that ends exactly at the end needs no padding', (t) => {
  const ring = makeRing(CAPACITY - 64)
  write(ring.producer, 64, 1)
  write(ring.producer, 16, 2)
  t.equal(ring.consumer.fill, 80)
  t.same(readAll(t, ring), [
    [1, 64],
    [2, 16],
  ])
  t.end()
})

t.test('a full ring refuses, keeps what it has, and takes more once drained', (t) => {
  const ring = makeRing(CAPACITY - 96)
  let written = 0
  while (write(ring.producer, 100, 1)) written++
  t.equal(written, Math.floor(CAPACITY / 104) - 1, 'the wrap costs the room of its padding')
  t.equal(readAll(t, ring, 3).length, 3)
  t.ok(write(ring.producer, 100, 1))
  t.equal(readAll(t, ring).length, written - 3 + 1)
  t.end()
})

t.test('a reserve is kept free of ordinary claims', (t) => {
  const ring = makeRing()
  while (write(ring.producer, 64, 1, CAPACITY / 4));
  t.equal(ring.consumer.fill, (CAPACITY * 3) / 4)
  while (write(ring.producer, 64, 2, CAPACITY / 8));
  t.equal(ring.consumer.fill, (CAPACITY * 7) / 8)
  while (write(ring.producer, 64, 3, 0));
  t.equal(ring.consumer.fill, CAPACITY)
  t.end()
})

t.test('positions pass 2³¹ and 2³²', (t) => {
  for (const startAt of [0x7fffffff - 1023, -1024]) {
    const ring = makeRing(startAt)
    for (let n = 0; n < 100; n++) {
      t.ok(write(ring.producer, 200, n & 0x7f))
      t.same(readAll(t, ring), [[n & 0x7f, 200]])
    }
    while (write(ring.producer, 200, 5));
    t.ok(ring.consumer.fill > CAPACITY - 500)
  }
  t.end()
})

t.test('a successor goes on where a producer that died in a claim has stopped', (t) => {
  const ring = makeRing()
  write(ring.producer, 32, 1)
  const at = ring.producer.tryClaim(500, 0)
  ring.producer.bytes.fill(0xee, at, at + 300)
  const successor = new RingProducer(ring.memory, new Doorbell())
  write(successor, 48, 2)
  t.same(readAll(t, { memory: ring.memory, consumer: new RingConsumer(ring.memory, 1) }), [
    [1, 32],
    [2, 48],
  ])
  t.end()
})

t.test('drops are counted by number', (t) => {
  const ring = makeRing()
  ring.producer.countDrop(0)
  ring.producer.countDrop(63)
  ring.producer.countDrop(63)
  t.equal(ring.consumer.drops(0), 1)
  t.equal(ring.consumer.drops(63), 2)
  t.throws(() => ring.producer.countDrop(64))
  t.end()
})

t.test('our own mistakes fail loud', (t) => {
  t.throws(() => allocateRing(5000, ORIGIN))
  t.throws(() => allocateRing(4096, ORIGIN))
  const { producer } = makeRing()
  t.throws(() => producer.commit(1))
  t.throws(() => producer.tryClaim(CAPACITY / 8 + 1, 0))
  producer.tryClaim(8, 0)
  t.throws(() => producer.tryClaim(8, 0))
  t.end()
})

t.test('property: any interleaving of writes, aborts and drains equals a queue', (t) => {
  fc.assert(
    fc.property(fc.integer(), fc.array(fc.integer({ min: -6, max: 1024 }), { maxLength: 200 }), fc.integer(), (startAt, steps, seed) => {
      const ring = makeRing(startAt & -8)
      const random = seededRandom(seed)
      const queue: [number, number][] = []
      for (const step of steps) {
        if (step < 0) {
          const limit = 1 + Math.floor(random() * 20)
          const expected = queue.splice(0, limit)
          if (JSON.stringify(readAll(t, ring, limit)) !== JSON.stringify(expected)) return false
        } else if (step < 8) {
          if (ring.producer.tryClaim(64, 0) !== RING_FULL) ring.producer.abort()
        } else if (write(ring.producer, step, step & 0x7f)) queue.push([step & 0x7f, step])
      }
      return JSON.stringify(readAll(t, ring)) === JSON.stringify(queue) && ring.consumer.fill === 0
    }),
    { numRuns: 300, seed: 7 },
  )
  t.end()
})

t.test('a ring that fills calls its consumer; one that is emptied in time does not', (t) => {
  const memory = allocateRing(CAPACITY, ORIGIN)
  const doorbell = new Doorbell()
  let alarms = 0
  doorbell.alarm = () => {
    alarms++
    return true
  }
  const producer = new RingProducer(memory, doorbell)
  const consumer = new RingConsumer(memory, 1)
  const share = CAPACITY / ALARM_DIVISOR
  for (let written = 0; written < 4 * CAPACITY; written += 64) {
    write(producer, 64, 1)
    if (consumer.fill >= share) readAll(t, { memory, consumer })
  }
  t.equal(alarms, 0, 'never fuller than its share')
  for (let written = 0; written <= share; written += 64) write(producer, 64, 1)
  t.ok(alarms > 0, 'fuller')
  t.end()
})
