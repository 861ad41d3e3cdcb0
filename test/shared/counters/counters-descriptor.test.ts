/** The layout of the counters: whole cache lines, no line with two writers, every word inside its block. */

import t from 'tap'
import {
  ACCEPTOR_OFFSET,
  countersBytes,
  FIRST_WORKER_OFFSET,
  REFUSAL_SLOTS,
  REFUSED_OFFSET,
  SHARD_TOTALS,
  SHARD_TOTALS_OFFSET,
  WORD_BYTES,
  WORKER_BLOCK_BYTES,
  WORKER_GAUGES,
  WORKER_GAUGES_OFFSET,
  WORKER_TOTALS,
  WORKER_TOTALS_OFFSET,
  workerOffset,
} from '../../../src/shared/counters/counters-descriptor.ts'
import { REFUSAL_CODES } from '../../../src/shared/refusals/refusal-slots.ts'
import { CACHE_LINE_BYTES } from '../../../src/shared/ring/ring-descriptor.ts'

t.test('no cache line has two writers', async (t) => {
  for (const offset of [ACCEPTOR_OFFSET, FIRST_WORKER_OFFSET, WORKER_BLOCK_BYTES, WORKER_TOTALS_OFFSET, countersBytes(0)]) {
    t.equal(offset % CACHE_LINE_BYTES, 0)
  }
  t.ok(
    SHARD_TOTALS_OFFSET + SHARD_TOTALS.length * WORD_BYTES <= WORKER_TOTALS_OFFSET,
    "the acceptor's words about a worker, and the worker's own",
  )
})

t.test('blocks follow one another, and hold their words', async (t) => {
  t.ok(REFUSED_OFFSET + REFUSAL_SLOTS * WORD_BYTES <= FIRST_WORKER_OFFSET)
  t.equal(WORKER_GAUGES_OFFSET, WORKER_TOTALS_OFFSET + WORKER_TOTALS.length * WORD_BYTES)
  t.ok(WORKER_GAUGES_OFFSET + WORKER_GAUGES.length * WORD_BYTES <= WORKER_BLOCK_BYTES)
  for (let worker = 1; worker <= 8; worker++) t.equal(workerOffset(worker), FIRST_WORKER_OFFSET + (worker - 1) * WORKER_BLOCK_BYTES)
  t.equal(countersBytes(8), workerOffset(8) + WORKER_BLOCK_BYTES)
})

t.test('every refusal code has a slot', async (t) => {
  t.ok(REFUSAL_CODES.length <= REFUSAL_SLOTS)
})
