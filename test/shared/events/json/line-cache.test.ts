/** LineCache: answers only with what is still true; and the writer that uses it, over many flows that change. */

import t from 'tap'
import { FlowCursor } from '../../../../src/shared/events/flow-cursor.ts'
import { JsonLineWriter } from '../../../../src/shared/events/json/json-line-writer.ts'
import { FlowTexts, LineCache } from '../../../../src/shared/events/json/line-cache.ts'
import { EventHarness, REDACTED_FIELDS } from '../../../support/harnesses/event-harness.ts'

const context = (host: string) => ({ flow_id: 'f', client_addr: 'c', server_host: host, server_port: 1 })

t.test('texts are those of this context, worker and protocol', (t) => {
  const cache = new LineCache()
  const a = context('a')
  const texts = new FlowTexts(a, 1, 'http1', new Uint8Array(1), new Uint8Array(2))
  t.equal(cache.find(1, a, 1, 'http1'), undefined)
  cache.keep(1, texts)
  t.equal(cache.find(1, a, 1, 'http1'), texts)
  t.equal(cache.find(1, context('a'), 1, 'http1'), undefined, 'new addresses')
  t.equal(cache.find(1, a, 2, 'http1'), undefined, 'another worker')
  t.equal(cache.find(1, a, 1, 'sse'), undefined, 'another protocol')
  t.equal(cache.find(1 + 1024, context('b'), 1, 'http1'), undefined, 'another flow in its slot')
  t.end()
})

t.test('a time is that of one worker', (t) => {
  const cache = new LineCache()
  t.notOk(cache.hasTime(0, 5))
  t.ok(cache.hasTime(0, 5))
  t.notOk(cache.hasTime(1, 5))
  t.notOk(cache.hasTime(1, 6))
  t.end()
})

t.test('interleaved flows whose protocol and addresses change: the line of each is its own', (t) => {
  const harness = new EventHarness()
  const flows = [1, 2, 1025, 2 ** 40].map((number) => new FlowCursor(number, 0, 'http1'))
  for (let step = 0; step < 60; step++) {
    const flow = flows[step % flows.length] as FlowCursor
    if (step === 30) flow.protocol = 'sse'
    harness.writer.emit('request_trailers', flow, {}, Math.floor(step / 3), step)
  }
  const writer = new JsonLineWriter(REDACTED_FIELDS)
  const contexts = new Map(flows.map(({ number }) => [number, context(`${number}.example`)]))
  let step = 0
  harness.each((reader) => {
    if (step++ === 40) contexts.set(reader.flow, context('moved.example'))
    const known = contexts.get(reader.flow) ?? context('')
    writer.write(reader, known)
    t.equal(Buffer.from(writer.take()).toString(), `${JSON.stringify(reader.decode(known))}\n`)
  })
  t.equal(step, 60)
  t.end()
})
