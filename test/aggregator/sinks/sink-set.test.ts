/** SinkSet: every sink gets every event, and totals by kind never fall. */

import t from 'tap'
import type { OutgoingEvent } from '../../../src/aggregator/sinks/sink.ts'
import { SinkSet } from '../../../src/aggregator/sinks/sink-set.ts'
import { CollectingSink } from '../../support/harnesses/aggregator-harness.ts'

const event = { line: () => 'x\n', object: () => ({}) } as unknown as OutgoingEvent

t.test('fans out, and keeps the totals of those that have ended', async (t) => {
  const sinks = new SinkSet()
  const [a, b] = [new CollectingSink(), new CollectingSink()]
  sinks.add(a)
  sinks.add(b)
  t.equal(sinks.size, 2)
  sinks.accept(event)
  sinks.endBatch()
  await sinks.flush()
  t.same([a.batches, b.batches, a.lines.length], [1, 1, 1])
  await sinks.remove(a)
  await sinks.remove(a)
  t.ok(a.closed)
  sinks.accept(event)
  t.equal(a.lines.length, 1)
  t.same(sinks.totals().get('collecting'), { delivered: 3, dropped: 0, lag: 0 })
  await sinks.close()
  t.ok(b.closed)
  t.equal(sinks.size, 0)
  t.same(sinks.totals().get('collecting'), { delivered: 3, dropped: 0, lag: 0 })
})
