/** RecordReader: header and single fields where they lie, times in their three forms, and records of no known event. */

import t from 'tap'
import { FlowCursor } from '../../../../src/shared/events/flow-cursor.ts'
import { fieldIndex } from '../../../../src/shared/events/record/event-codecs.ts'
import { NO_STREAM } from '../../../../src/shared/events/record/record-descriptor.ts'
import { RecordReader } from '../../../../src/shared/events/record/record-reader.ts'
import { allocateRing } from '../../../../src/shared/ring/ring-memory.ts'
import { EventHarness } from '../../../support/harnesses/event-harness.ts'

const CONTEXT = { flow_id: 'f', client_addr: 'c', server_host: 's', server_port: 1 }

/** Runs `look` on the reader at the one record that `write` leaves; what it returns, outside of the ring's call. */
function at<Seen>(write: (harness: EventHarness) => void, look: (reader: RecordReader) => Seen): Seen | undefined {
  const harness = new EventHarness()
  write(harness)
  let seen: Seen | undefined
  harness.each((reader) => {
    seen = look(reader)
  })
  return seen
}

t.test('the header', async (t) => {
  const flow = new FlowCursor(2 ** 40, 5, 'ws')
  const header = at(
    ({ writer }) => writer.emit('request_headers', flow, {}, 2.25, 3),
    ({ id, flow, flowSeq, protocol, stream, truncated, multiplexed, timeMs, isFlowContext, worker }) => ({
      ...{ id, flow, flowSeq, protocol, stream, truncated, multiplexed, timeMs, isFlowContext, worker },
    }),
  )
  t.same(header, {
    ...{ id: 8, flow: 2 ** 40, flowSeq: 5, protocol: 'ws', stream: 3 },
    ...{ truncated: false, multiplexed: false, timeMs: 2.25, isFlowContext: false, worker: 3 },
  })
})

t.test('each field by its place, present and absent, whatever stands before it', async (t) => {
  const values = {
    close_reason: 'completed',
    violation: 'http1_bare_lf',
    status: 404,
    method: 'GET',
    bytes_client: 2 ** 45,
    opaque: false,
    detail: 'größe',
  } as const
  const place = (field: keyof typeof values | 'code' | 'duration_ms') => fieldIndex('stream_closed', field)
  const look = (reader: RecordReader) => [
    reader.text(place('close_reason')),
    reader.text(place('violation')),
    reader.number(place('status')),
    reader.text(place('method')),
    reader.number(place('bytes_client')),
    reader.number(place('duration_ms')),
    reader.number(place('code')),
    reader.index(place('opaque')),
    reader.text(place('detail')),
  ]
  const full = at(({ writer, flow }) => writer.emit('stream_closed', flow, values, 1), look)
  t.same(full, ['completed', 'http1_bare_lf', 404, 'GET', 2 ** 45, Number.NaN, Number.NaN, 0, 'größe'])
  const empty = at(({ writer, flow }) => writer.emit('stream_closed', flow, {}, 1), look)
  t.same(empty, [undefined, undefined, Number.NaN, undefined, Number.NaN, Number.NaN, Number.NaN, -1, undefined])
})

t.test('stream ids and exchanges are told apart', async (t) => {
  const named = (flow: FlowCursor, stream: number) =>
    at(
      ({ writer }) => writer.emit('response_headers', flow, {}, 1, stream),
      (reader) => reader.decode(CONTEXT),
    )
  t.match(named(new FlowCursor(1, 0, 'http1'), 4), { exchange: 4, stream_id: undefined })
  for (const protocol of ['http2'] as const) t.match(named(new FlowCursor(1, 0, protocol), 4), { stream_id: 4, exchange: undefined })
  const labelled = new FlowCursor(1, 0, 'ws')
  labelled.multiplexed = true
  t.match(named(labelled, 4), { stream_id: 4 }, 'HTTP/2 below another label')
  t.match(named(new FlowCursor(1, 0, 'http1'), NO_STREAM), { stream_id: undefined, exchange: undefined })
})

t.test('a flow context has addresses and is no event', async (t) => {
  const seen = at(
    ({ writer, flow }) => writer.flowContext(flow, '[::1]:5', 'bücher.example', 65_535, 1),
    (reader) => ({ addresses: reader.addresses, isFlowContext: reader.isFlowContext, event: reader.decode(CONTEXT), codec: reader.codec }),
  )
  t.same(seen, {
    addresses: { client_addr: '[::1]:5', server_host: 'bücher.example', server_port: 65_535 },
    isFlowContext: true,
    event: undefined,
    codec: undefined,
  })
})

t.test('monotonic times are exact to the nanosecond, in one text and in two numbers', async (t) => {
  const table: readonly (readonly [originNs: bigint, timeMs: number, seconds: number, ns: number, text: string])[] = [
    [0n, 0, 0, 0, '0'],
    [0n, 1.5, 0, 1_500_000, '1500000'],
    [999_999_999n, 0.000001, 1, 0, '1000000000'],
    [5_000_000_000n, 12.000345, 5, 12_000_345, '5012000345'],
    [9_007_199_254_740_993_111n, 0, 9_007_199_254, 740_993_111, '9007199254740993111'],
    [7_000_000_000n, -0.001, 7, 0, '7000000000'],
  ]
  for (const [monoNs, timeMs, seconds, ns, text] of table) {
    const memory = allocateRing(65_536, { wallMs: 1_000, monoNs })
    const reader = new RecordReader(memory, 1, new Set())
    const start = 4_096
    reader.view.setFloat64(start + 8, timeMs, true)
    reader.read(8, start)
    t.same([reader.monoSeconds, reader.monoNs, reader.timeMonoNs], [seconds, ns, text])
    t.equal(reader.timeUnixUs, Math.round((1_000 + timeMs) * 1_000))
  }
})

t.test('a record of a number that no event has decodes to nothing', async (t) => {
  const memory = allocateRing(65_536, { wallMs: 0, monoNs: 0n })
  t.equal(new RecordReader(memory, 0, new Set()).read(63, 4_096).decode(CONTEXT), undefined)
})
