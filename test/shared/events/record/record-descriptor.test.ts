/** The layout of a record, octet by octet, as the picture in `record-descriptor.ts` draws it: a writer that moves a field fails here. */

import t from 'tap'
import { FlowCursor } from '../../../../src/shared/events/flow-cursor.ts'
import { PROTOCOLS } from '../../../../src/shared/events/protocols.ts'
import {
  FLAG_MULTIPLEXED,
  FLAG_TRUNCATED,
  FLAGS_OFFSET,
  FLOW_CONTEXT_TYPE,
  FLOW_OFFSET,
  FLOW_SEQ_OFFSET,
  NO_STREAM,
  PAYLOAD_OFFSET,
  PROTOCOL_OFFSET,
  STREAM_OFFSET,
  TIME_OFFSET,
} from '../../../../src/shared/events/record/record-descriptor.ts'
import { EVENTS } from '../../../../src/shared/events/schema.ts'
import { RECORD_BODY_OFFSET } from '../../../../src/shared/ring/ring-descriptor.ts'
import { EventHarness } from '../../../support/harnesses/event-harness.ts'

t.test('fields of the header follow one another without overlap', async (t) => {
  const fields: readonly (readonly [offset: number, bytes: number])[] = [
    [TIME_OFFSET, 8],
    [FLOW_OFFSET, 8],
    [FLOW_SEQ_OFFSET, 4],
    [PROTOCOL_OFFSET, 1],
    [FLAGS_OFFSET, 3],
    [STREAM_OFFSET, 4],
    [PAYLOAD_OFFSET, 0],
  ]
  let at = RECORD_BODY_OFFSET
  for (const [offset, bytes] of fields) {
    t.equal(offset, at)
    at += bytes
  }
  t.equal(FLAG_TRUNCATED & FLAG_MULTIPLEXED, 0)
  t.notOk(
    Object.values(EVENTS).some(({ id }) => (id as number) === FLOW_CONTEXT_TYPE),
    'a flow context is no event',
  )
})

t.test('what a writer leaves in memory', async (t) => {
  const harness = new EventHarness({ shiftMs: 0.5 })
  const flow = new FlowCursor(0x1_0000_0002, 7, 'http2')
  flow.multiplexed = true
  harness.writer.emit('request_headers', flow, { method: 'GET', path: '/é', fields: [['A', 'b']] }, 1, 9)
  const start = harness.producer.bytes.byteLength - harness.producer.capacity
  const view = new DataView(harness.producer.memory, start)
  const version = 0xffffffff
  t.equal(view.getUint32(4, true), EVENTS.request_headers.id)
  t.equal(view.getFloat64(8, true), 1.5, 'time with the shift')
  t.equal(view.getFloat64(16, true), 0x1_0000_0002, 'flow numbers go beyond 32 bits')
  t.equal(view.getUint32(24, true), 7)
  t.equal(PROTOCOLS[view.getUint8(28)], 'http2')
  t.equal(view.getUint8(29), FLAG_MULTIPLEXED)
  t.equal(view.getUint32(32, true), 9)
  const payload = Buffer.from(harness.producer.memory, start + 36, view.getUint32(0, true) - 36)
  t.same(
    payload,
    Buffer.concat([u32(3), Buffer.from('GET'), u32(3), Buffer.from('/é'), u32(version), u32(version), u32(6), Buffer.from('A: b\r\n')]),
  )
  harness.writer.emit('events_dropped', flow, {}, 1)
  const next = (view.getUint32(0, true) + 7) & -8
  t.equal(view.getUint32(next + 32, true), NO_STREAM)
})

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
