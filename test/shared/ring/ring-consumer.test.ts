/**
 * RingConsumer over memory that no producer of ours wrote: records laid out by hand, as `ring-descriptor.ts` draws them.
 */

import t from 'tap'
import { RELEASE_DIVISOR } from '../../../src/shared/limits/ring.ts'
import { RingConsumer } from '../../../src/shared/ring/ring-consumer.ts'
import { CONTROL_BYTES, DROPS_OFFSET, HEAD_OFFSET, PADDING_TYPE, TAIL_OFFSET } from '../../../src/shared/ring/ring-descriptor.ts'
import { allocateRing } from '../../../src/shared/ring/ring-memory.ts'

const CAPACITY = 8_192

type Laid = readonly [type: number, length: number]

/** A ring whose head is at `head` and in which `records` lie from there on; the tail is behind the last. */
function ringOf(head: number, records: readonly Laid[]) {
  const memory = allocateRing(CAPACITY, { wallMs: 0, monoNs: 0n })
  const words = new Int32Array(memory)
  let tail = head
  for (const [type, length] of records) {
    const at = (CONTROL_BYTES + (tail & (CAPACITY - 1))) >> 2
    words[at] = length
    words[at + 1] = type
    tail = (tail + ((length + 7) & -8)) | 0
  }
  words[HEAD_OFFSET >> 2] = head
  words[TAIL_OFFSET >> 2] = tail
  const seen: Laid[] = []
  const handler = {
    onRecord(ring: number, type: number, start: number, end: number) {
      if (ring !== 4 || start < CONTROL_BYTES || end > memory.byteLength) throw new Error(`ring ${ring}: [${start}, ${end})`)
      seen.push([type, end - start])
    },
  }
  return { words, seen, handler, consumer: new RingConsumer(memory, 4), tail }
}

t.test('records come out in order, padding does not, wherever the head stands', async (t) => {
  const table: readonly (readonly [name: string, head: number, laid: readonly Laid[]])[] = [
    [
      'at the start',
      0,
      [
        [1, 8],
        [2, 13],
        [3, 1_024],
      ],
    ],
    [
      'over the end',
      CAPACITY - 48,
      [
        [1, 24],
        [PADDING_TYPE, 24],
        [2, 500],
      ],
    ],
    [
      'up to the end',
      CAPACITY - 24,
      [
        [1, 24],
        [2, 8],
      ],
    ],
    [
      'at 2³¹',
      0x7fff_fff8,
      [
        [PADDING_TYPE, 8],
        [1, 16],
      ],
    ],
    [
      'at 2³²',
      -8,
      [
        [1, 8],
        [2, 8],
      ],
    ],
  ]
  for (const [name, head, laid] of table) {
    const { consumer, handler, seen, words, tail } = ringOf(head, laid)
    const records = laid.filter(([type]) => type !== PADDING_TYPE)
    t.equal(consumer.fill, (tail - head) | 0, name)
    t.equal(consumer.drain(handler), records.length, `${name}: padding is not counted`)
    t.same(seen, records, name)
    t.equal(words[HEAD_OFFSET >> 2], tail, `${name}: all room is given back`)
    t.equal(consumer.drain(handler), 0)
  }
})

t.test('a limit, and a snapshot', async (t) => {
  const { consumer, handler, seen, words } = ringOf(0, [
    [1, 16],
    [2, 16],
    [3, 16],
  ])
  t.equal(consumer.drain(handler, 2), 2)
  t.equal(words[HEAD_OFFSET >> 2], 32)
  const snapshot = consumer.snapshotTail()
  words[(CONTROL_BYTES + 48) >> 2] = 8
  words[TAIL_OFFSET >> 2] = 56
  t.equal(consumer.drainUpTo(snapshot, handler), 1, 'no further than the snapshot')
  t.equal(consumer.drainUpTo(snapshot, handler), 0)
  t.equal(consumer.drain(handler), 1)
  t.equal(seen.length, 4)
})

t.test('room comes back within a long batch, and a handler that throws meets no record twice', async (t) => {
  const laid = Array.from({ length: 100 }, (): Laid => [1, 64])
  const { consumer, words } = ringOf(0, laid)
  const heads: number[] = []
  const onRecord = () => {
    heads.push(words[HEAD_OFFSET >> 2] as number)
    if (heads.length === 50) throw new Error('a bug of the handler')
  }
  t.throws(() => consumer.drain({ onRecord }), 'a bug of the handler')
  t.equal(words[HEAD_OFFSET >> 2], 50 * 64)
  consumer.drain({ onRecord })
  t.equal(heads.length, 100)
  const steps = new Set(heads.slice(0, 50))
  t.same(
    [...steps],
    Array.from(steps, (_, n) => n * (CAPACITY / RELEASE_DIVISOR)),
    'given back by shares',
  )
})

t.test('a successor begins at the head; drops are unsigned', async (t) => {
  const { consumer, handler, words } = ringOf(0, [
    [1, 16],
    [2, 16],
  ])
  consumer.drain(handler, 1)
  const seen: number[] = []
  new RingConsumer(consumer.memory, 4).drain({ onRecord: (_ring, type) => seen.push(type) })
  t.same(seen, [2])
  words[(DROPS_OFFSET >> 2) + 5] = -1
  t.equal(consumer.drops(5), 0xffff_ffff)
  t.equal(consumer.drops(6), 0)
})
