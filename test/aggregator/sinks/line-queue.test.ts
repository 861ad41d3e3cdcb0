/** LineQueue: whole lines in order, a bound on octets, buffers reused. */

import fc from 'fast-check'
import t from 'tap'
import { LineQueue } from '../../../src/aggregator/sinks/line-queue.ts'
import { NDJSON_CHUNK_BYTES } from '../../../src/shared/limits/aggregator.ts'

function drain(queue: LineQueue): { text: string; batches: number } {
  const batches = queue.take()
  const parts = batches.map((batch) => batch.buffer.toString('utf8', 0, batch.length))
  if (!parts.every((part) => part.endsWith('\n'))) throw new Error('a batch ends at a line end')
  for (const batch of batches) queue.release(batch)
  return { text: parts.join(''), batches: batches.length }
}

t.test('what goes in comes out, in as few batches as there are buffers', (t) => {
  const queue = new LineQueue(10 * NDJSON_CHUNK_BYTES)
  let expected = ''
  for (let n = 0; n < 10_000; n++) {
    const line = `{"n":${n},"umlaut":"ü✓${'x'.repeat(n % 70)}"}\n`
    if (!queue.append(Buffer.from(line))) t.fail('there was room')
    expected += line
  }
  t.equal(queue.lines, 10_000)
  t.equal(queue.bytes, Buffer.byteLength(expected))
  const { text, batches } = drain(queue)
  t.ok(text === expected)
  t.equal(batches, Math.ceil(Buffer.byteLength(expected) / NDJSON_CHUNK_BYTES))
  t.equal(queue.bytes, 0)
  t.equal(queue.lines, 0)
  t.same(queue.take(), [])
  t.end()
})

t.test('a line longer than a buffer has one of its own', (t) => {
  const queue = new LineQueue(4 * NDJSON_CHUNK_BYTES)
  const long = `${'y'.repeat(NDJSON_CHUNK_BYTES + 5)}\n`
  t.ok(queue.append(Buffer.from('a\n')))
  t.ok(queue.append(Buffer.from(long)))
  t.ok(queue.append(Buffer.from('b\n')))
  const { text } = drain(queue)
  t.ok(text === `a\n${long}b\n`)
  t.end()
})

t.test('the bound holds to the octet, and counts what is in flight', (t) => {
  const queue = new LineQueue(10)
  t.ok(queue.append(Buffer.from('1234\n')))
  const [inFlight] = queue.take()
  t.notOk(queue.append(Buffer.from('ü345\n')), 'six octets')
  t.ok(queue.append(Buffer.from('1234\n')))
  t.notOk(queue.append(Buffer.from('\n')))
  if (inFlight !== undefined) queue.release(inFlight)
  t.ok(queue.append(Buffer.from('\n')))
  t.end()
})

t.test('buffers are reused', (t) => {
  const queue = new LineQueue(NDJSON_CHUNK_BYTES)
  queue.append(Buffer.from('a\n'))
  const [first] = queue.take()
  if (first !== undefined) queue.release(first)
  queue.append(Buffer.from('b\n'))
  t.equal(queue.take()[0]?.buffer, first?.buffer)
  t.end()
})

t.test('any lines, any takes: the same lines in order, within the bound', (t) => {
  const steps = fc.array(fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.constant(undefined)), { maxLength: 60 })
  fc.assert(
    fc.property(steps, (all) => {
      const queue = new LineQueue(200)
      let taken = ''
      let expected = ''
      for (const step of all) {
        if (step === undefined) taken += drain(queue).text
        else if (queue.append(Buffer.from(`${step}\n`))) expected += `${step}\n`
        if (queue.bytes > 200) return false
      }
      return taken + drain(queue).text === expected
    }),
    { seed: 3 },
  )
  t.end()
})
