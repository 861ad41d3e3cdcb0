/** FaultJudge: who is drawn for, what the trigger keys let through, and what an injection leaves: event, mark, release. */

import t from 'tap'
import { FlowCursor } from '../../../src/shared/events/flow-cursor.ts'
import { NO_STREAM } from '../../../src/shared/events/record/record-descriptor.ts'
import { allocateFaultCounters } from '../../../src/shared/faults/fault-counters.ts'
import { faultSlots, ruleFaults } from '../../../src/shared/faults/rule-fault.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { FaultJudge } from '../../../src/workers/faults/fault-judge.ts'
import { EventHarness } from '../../support/harnesses/event-harness.ts'

type FaultInput = NonNullable<NonNullable<EngineOptionsInput['rules']>[number]['fault']>

function judging(fault: FaultInput, { seed = 0, beginMs = Date.now() } = {}) {
  const { rules } = parseOptions({ rules: [{ name: 'r', match: {}, fault }] })
  const harness = new EventHarness()
  const judge = new FaultJudge(seed, allocateFaultCounters(faultSlots(rules), beginMs), harness.writer)
  const faults = [...ruleFaults(rules).values()].flat()
  const flows = (count: number) => Array.from({ length: count }, (_, n) => new FlowCursor(n + 1, 0, 'http1'))
  /** The flows, of the first `count`, that something happens to. */
  const hit = (count: number) =>
    flows(count).flatMap((flow) => (judge.arm('connection', faults, flow, NO_STREAM) === undefined ? [] : flow.number))
  return { judge, faults, harness, hit }
}

t.test('each scope draws for its own kinds', async (t) => {
  const { judge, faults, harness } = judging([{ kind: 'latency', ms: 1 }, { kind: 'tls_abort' }, { kind: 'respond' }, { kind: 'sse' }])
  const armed = (scope: 'connection' | 'tls' | 'exchange') =>
    judge.arm(scope, faults, harness.flow, 0)?.map(({ options, rule, index }) => [options.kind, rule, index])
  t.same(armed('connection'), [['latency', 'r', 0]])
  t.same(armed('tls'), [['tls_abort', 'r', 1]])
  t.same(armed('exchange'), [
    ['respond', 'r', 2],
    ['sse', 'r', 3],
  ])
  t.equal(judge.arm('exchange', [], harness.flow, 0), undefined)
})

t.test('trigger keys', async (t) => {
  const slow = { kind: 'slow_close', ms: 1 } as const
  t.same(judging({ ...slow, every: 3 }).hit(10), [3, 6, 9])
  t.same(judging({ ...slow, skip: 2 }).hit(5), [3, 4, 5])
  t.same(judging({ ...slow, skip: 2, every: 2 }).hit(8), [4, 6, 8])
  t.same(judging({ ...slow, times: 2 }).hit(5), [1, 2])
  t.same(judging({ ...slow, max_active: 3 }).hit(5), [1, 2, 3])
  t.same(judging({ ...slow, probability: 0 }).hit(50), [])
  t.same(judging({ ...slow, schedule: { start_ms: 60_000, duration_ms: 1 } }).hit(2), [])
  t.same(judging({ ...slow, schedule: { duration_ms: 60_000 } }).hit(2), [1, 2])
})

t.test('probability: by the seed and the flow, in whatever order flows come', async (t) => {
  const half = { kind: 'slow_close', ms: 1, probability: 0.5 } as const
  const first = judging(half).hit(200)
  t.same(judging(half).hit(200), first)
  t.ok(first.length > 70 && first.length < 130, String(first.length))
  t.not(String(judging(half, { seed: 1 }).hit(200)), String(first))
  t.same(judging({ ...half, seed: 0 }, { seed: 1 }).hit(200), first, 'a fault’s own seed wins')
})

t.test('release makes room once', async (t) => {
  const { judge, faults } = judging({ kind: 'slow_close', ms: 1, max_active: 1 })
  const arm = (flow: number) => judge.arm('connection', faults, new FlowCursor(flow, 0, 'http1'), NO_STREAM)?.[0]
  const first = arm(1)
  t.equal(arm(2), undefined)
  first?.release()
  first?.release()
  t.ok(arm(3))
  t.equal(arm(4), undefined)
})

t.test('what is told, and what is marked', async (t) => {
  const { judge, faults, harness } = judging([
    { kind: 'respond', status: 529 },
    { kind: 'latency', ms: 7 },
  ])
  const { flow, writer } = harness
  const [respond] = judge.arm('exchange', faults, flow, 4) ?? []
  const [latency] = judge.arm('connection', faults, flow, NO_STREAM) ?? []
  if (respond === undefined || latency === undefined) throw new Error('both are armed')
  const marks = () => {
    writer.emit('request_headers', flow, {}, 1, 4)
    writer.emit('request_headers', flow, {}, 1, 5)
    writer.emit('stream_closed', flow, {}, 1)
    return harness.events().map(({ event, faulted }) => `${event} ${faulted === true}`)
  }
  t.same(marks(), ['request_headers false', 'request_headers false', 'stream_closed false'])
  judge.report(respond, 'request', 0, 'bytes', 'as_asked')
  t.match(harness.events(), [
    {
      event: 'fault_injected',
      ...{ rule: 'r', fault: 0, kind: 'respond', phase: 'request', position: 0, unit: 'bytes', exchange: 4, faulted: true },
      intended: { status: 529, instead_of: 'request' },
      applied: 'as_asked',
    },
  ])
  t.same(marks(), ['request_headers true', 'request_headers false', 'stream_closed false'], 'the exchange alone')
  writer.streamClosed(flow, 4, END, 1)
  t.match(harness.events(), [{ event: 'stream_closed', faulted: true }], 'its terminal event too')
  t.same(marks(), ['request_headers false', 'request_headers false', 'stream_closed false'], 'the number is free again')
  judge.report(latency, 'relay', 0, 'bytes', { ms: 7 })
  t.match(harness.events(), [{ event: 'fault_injected', fault: 1, intended: { ms: 7 }, applied: { ms: 7 } }])
  t.same(marks(), ['request_headers true', 'request_headers true', 'stream_closed true'], 'the whole flow')
})

const END = {
  closeReason: 'completed',
  violation: undefined,
  status: 200,
  method: 'GET',
  bytesClient: 0,
  bytesOrigin: 0,
  durationMs: 1,
  ttfbMs: 1,
  code: -1,
  opaque: false,
  detail: undefined,
} as const
