/** allocateRing: capacities within their bounds, and the time origin that stays with the memory. */

import t from 'tap'
import { RING_MAX_CAPACITY_BYTES, RING_MIN_CAPACITY_BYTES } from '../../../src/shared/limits/ring.ts'
import { CONTROL_BYTES, ringBytes } from '../../../src/shared/ring/ring-descriptor.ts'
import { allocateRing, ringCapacity, ringOrigin } from '../../../src/shared/ring/ring-memory.ts'

const ORIGIN = { wallMs: 1_700_000_000_000.125, monoNs: 2n ** 62n + 1n }

t.test('origin and capacity are read back, exactly', async (t) => {
  for (const capacity of [RING_MIN_CAPACITY_BYTES, 65_536]) {
    const memory = allocateRing(capacity, ORIGIN)
    t.equal(memory.byteLength, CONTROL_BYTES + capacity)
    t.equal(ringCapacity(memory), capacity)
    t.same(ringOrigin(memory), ORIGIN)
  }
})

t.test('capacities that positions cannot count are our own mistake', async (t) => {
  for (const capacity of [0, 5_000, RING_MIN_CAPACITY_BYTES / 2, RING_MIN_CAPACITY_BYTES + 8]) {
    t.throws(() => allocateRing(capacity, ORIGIN), String(capacity))
  }
  const tooLarge = { byteLength: ringBytes(RING_MAX_CAPACITY_BYTES * 2) } as SharedArrayBuffer
  t.throws(() => ringCapacity(tooLarge), 'too large for wrapping subtraction')
})
