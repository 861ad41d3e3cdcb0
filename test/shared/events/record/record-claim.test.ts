/** Room, drops and their announcement: every flow_seq is accounted for, ends of flows and streams have room of their own. */

import fc from 'fast-check'
import t from 'tap'
import type { SothEvent } from '../../../../src/shared/events/event.ts'
import { FlowCursor } from '../../../../src/shared/events/flow-cursor.ts'
import type { StreamEnd } from '../../../../src/shared/events/record/event-input.ts'
import { FLOW_CONTEXT_TYPE, NO_STREAM } from '../../../../src/shared/events/record/record-descriptor.ts'
import { EVENTS } from '../../../../src/shared/events/schema.ts'
import { EventHarness } from '../../../support/harnesses/event-harness.ts'

const CAPACITY = 8192

const END: StreamEnd = {
  closeReason: 'completed',
  violation: undefined,
  status: 200,
  method: undefined,
  bytesClient: 0,
  bytesOrigin: 0,
  durationMs: 1,
  ttfbMs: 1,
  code: -1,
  opaque: false,
  detail: undefined,
}

function fill(harness: EventHarness, flow: FlowCursor): number {
  let written = 0
  while (harness.writer.bodyChunk('request_body_chunk', flow, 0, 0, 1, undefined, 1)) written++
  return written
}

/** The numbers that `events` account for: their own, and the gaps they announce. */
function accounted(events: readonly SothEvent[]): number[] {
  return events.flatMap((event) => {
    if (event.event !== 'events_dropped') return [event.flow_seq]
    const first = event.first_seq ?? Number.NaN
    return [...Array.from({ length: event.count ?? 0 }, (_, n) => first + n), event.flow_seq]
  })
}

t.test('a full ring drops, counts by number, and announces the gap before the flow’s next event', (t) => {
  const harness = new EventHarness({ capacity: CAPACITY })
  const { flow, writer } = harness
  const written = fill(harness, flow)
  t.notOk(writer.emit('request_trailers', flow, {}, 1, 0))
  t.notOk(writer.emit('request_trailers', flow, {}, 1, 0))
  t.equal(flow.seq, written + 3)
  t.equal(flow.droppedFrom, written)
  t.equal(harness.consumer.drops(EVENTS.request_body_chunk.id), 1)
  t.equal(harness.consumer.drops(EVENTS.request_trailers.id), 2)
  t.equal(harness.events().length, written)
  t.ok(writer.emit('request_trailers', flow, {}, 9, 0))
  t.equal(flow.droppedFrom, -1)
  const after = harness.events()
  t.match(after, [
    { event: 'events_dropped', flow_seq: written + 3, first_seq: written, count: 3 },
    { event: 'request_trailers', flow_seq: written + 4 },
  ])
  t.end()
})

t.test('another flow’s event announces nothing', (t) => {
  const harness = new EventHarness({ capacity: CAPACITY })
  fill(harness, harness.flow)
  harness.events()
  const other = new FlowCursor(2, 0, 'http1')
  harness.writer.emit('request_trailers', other, {}, 1, 0)
  t.match(harness.events(), [{ event: 'request_trailers', flow_seq: 0 }])
  t.end()
})

t.test('what ends streams and flows still finds room, and tells of the gap first', (t) => {
  const harness = new EventHarness({ capacity: CAPACITY })
  const { flow, writer } = harness
  fill(harness, flow)
  t.ok(writer.streamClosed(flow, 0, END, 1))
  t.notOk(writer.emit('request_trailers', flow, {}, 1, 0), 'an ordinary event does not')
  let streams = 0
  while (writer.streamClosed(flow, 0, END, 1)) streams++
  t.ok(streams > 3)
  t.ok(writer.emit('tls_handshake_failed', flow, { reason: 'eof' }, 1))
  t.ok(writer.emit('connect_parse_failed', flow, { status: 400 }, 1))
  t.ok(writer.streamClosed(flow, NO_STREAM, END, 1))
  const events = harness.events()
  t.same(
    accounted(events),
    Array.from({ length: flow.seq }, (_, n) => n),
  )
  t.match(events.at(-1), { event: 'stream_closed', close_reason: 'completed' })
  t.end()
})

t.test('an addresses record that finds no room is owed, and comes before the flow’s next event', (t) => {
  const harness = new EventHarness({ capacity: CAPACITY })
  const { writer } = harness
  const filler = new FlowCursor(9, 0, 'http1')
  fill(harness, filler)
  while (writer.streamClosed(filler, 0, END, 1));
  t.notOk(writer.flowContext(harness.flow, '[2001:db8::1]:9', 'b.example', 8443, 1))
  t.equal(harness.consumer.drops(0), 1)
  t.notOk(writer.emit('connect_received', harness.flow, {}, 1))
  harness.events()
  t.ok(writer.emit('connect_decision', harness.flow, {}, 1))
  const seen: unknown[] = []
  harness.each((reader) => seen.push(reader.isFlowContext ? reader.addresses : reader.codec?.name))
  t.same(seen, [{ client_addr: '[2001:db8::1]:9', server_host: 'b.example', server_port: 8443 }, 'events_dropped', 'connect_decision'])
  t.end()
})

t.test('a flow context takes no flow_seq and is no event', (t) => {
  const harness = new EventHarness()
  t.ok(harness.writer.flowContext(harness.flow, '192.0.2.1:5', 'x', 1, 1))
  t.equal(harness.flow.seq, 0)
  harness.each((reader) => {
    t.equal(reader.id, FLOW_CONTEXT_TYPE)
    t.equal(reader.flow, 1)
    t.equal(reader.decode({ flow_id: '', client_addr: '', server_host: '', server_port: 0 }), undefined)
  })
  t.end()
})

t.test('property: however full the ring runs, each flow’s numbers are accounted for, in order', (t) => {
  const step = fc.record({ flow: fc.nat(2), kind: fc.nat(3), size: fc.nat(300), drain: fc.nat(12) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
      const harness = new EventHarness({ capacity: CAPACITY })
      const flows = [1, 2, 3].map((number) => new FlowCursor(number, 0, 'http1'))
      const seen: SothEvent[] = []
      for (const { flow: n, kind, size, drain } of steps) {
        const flow = flows[n] as FlowCursor
        if (kind === 0) harness.writer.streamClosed(flow, 1, END, 1)
        else if (kind === 1) harness.writer.emit('connect_decision', flow, { rule: 'r'.repeat(size) }, 1)
        else harness.writer.bodyChunk('response_body_chunk', flow, 1, 0, size, new Uint8Array(size), 1)
        if (drain === 0) seen.push(...harness.events(8))
      }
      seen.push(...harness.events())
      for (const flow of flows) harness.writer.streamClosed(flow, NO_STREAM, END, 1)
      seen.push(...harness.events())
      return flows.every((flow) => {
        const numbers = accounted(seen.filter((event) => event.flow_id === `f${flow.number}`))
        return numbers.length === flow.seq && numbers.every((seq, index) => seq === index)
      })
    }),
    { numRuns: 100, seed: 11 },
  )
  t.end()
})
