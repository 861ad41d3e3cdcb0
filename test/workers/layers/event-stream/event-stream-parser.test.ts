/**
 * The event stream parser against web-platform-tests, a reference model and recorded LLM streams: the same events in every split,
 * and a bound on what is kept.
 */

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import type { EventStreamHandler } from '../../../../src/workers/layers/event-stream/event-stream-handler.ts'
import { EventStreamParser } from '../../../../src/workers/layers/event-stream/event-stream-parser.ts'
import type { StreamEvent } from '../../../../src/workers/layers/event-stream/stream-event.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { corpus, fixture, NO_CORPORA } from '../../../support/corpora/corpora.ts'

interface Fact {
  type: string
  data: string
  id: string
  retryMs: number
  incomplete: boolean
  index: number
  dataSize: number
  truncated: boolean
  startOffset: number
  endOffset: number
}

class Recorder implements EventStreamHandler {
  readonly facts: Fact[] = []
  onEvent(event: StreamEvent): void {
    this.#record(event, false)
  }
  onIncompleteEvent(event: StreamEvent): void {
    this.#record(event, true)
  }
  #record(event: StreamEvent, incomplete: boolean): void {
    const { type, data, id, retryMs, index, dataSize, truncated, startOffset, endOffset } = event
    this.facts.push({ type, data, id, retryMs, incomplete, index, dataSize, truncated, startOffset, endOffset })
  }
}

function parse(chunks: Iterable<Uint8Array>, keep?: number): Fact[] {
  const recorder = new Recorder()
  const parser = new EventStreamParser(recorder, keep)
  for (const chunk of chunks) {
    parser.execute(chunk)
    // The relay reuses its buffers: nothing of a chunk may be looked at after the call.
    chunk.fill(0x2a)
  }
  parser.finish()
  return recorder.facts
}

/** The algorithm of the standard, written down as naively as it reads: decode, split into lines, interpret. */
function reference(bytes: Uint8Array): { type: string; data: string; id: string }[] {
  const text = new TextDecoder().decode(bytes)
  const lines = text.split(/\r\n|\n|\r/)
  lines.pop()
  const events: { type: string; data: string; id: string }[] = []
  let data = ''
  let type = ''
  let id = ''
  for (const line of lines) {
    if (line === '') {
      if (data !== '') events.push({ type: type || 'message', data: data.slice(0, -1), id })
      data = type = ''
      continue
    }
    const colon = line.indexOf(':')
    if (colon === 0) continue
    const name = colon === -1 ? line : line.slice(0, colon)
    const value = colon === -1 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1))
    if (name === 'data') data += `${value}\n`
    if (name === 'event') type = value
    if (name === 'id' && !value.includes('\0')) id = value
  }
  return events
}

const bytes = (text: string) => Buffer.from(text)
const essentials = (facts: Fact[]) => facts.filter((f) => !f.incomplete).map(({ type, data, id }) => ({ type, data, id }))

t.test('web-platform-tests vectors, every split', async (t) => {
  const vectors = JSON.parse(readFileSync(fixture('sse-wpt/vectors.json'), 'utf8'))
  for (const vector of vectors) {
    for (const stream of vector.streams) {
      const body = Buffer.from(stream.body_b64, 'base64')
      const expected = stream.events.map((e: { event: string; data: string }) => ({ type: e.event, data: e.data }))
      for (const chunks of chunkings(body)) {
        const facts = essentials(parse(chunks)).map(({ type, data }) => ({ type, data }))
        if (JSON.stringify(facts) !== JSON.stringify(expected)) t.same(facts, expected, vector.file)
      }
      t.pass(vector.file)
    }
  }
})

t.test('fields', async (t) => {
  const cases: [string, string, object[]][] = [
    ['one event', 'data: a\n\n', [{ type: 'message', data: 'a', startOffset: 0, endOffset: 9 }]],
    ['CRLF', 'data: a\r\n\r\n', [{ data: 'a' }]],
    [
      'CR',
      'data: a\r\rdata: b\r\r',
      [
        { data: 'a', index: 0, endOffset: 9 },
        { data: 'b', index: 1, startOffset: 9 },
      ],
    ],
    ['joins data lines', 'data: a\ndata\ndata:  b\n\n', [{ data: 'a\n\n b', dataSize: 5 }]],
    ['empty data is an event', 'data:\n\n', [{ data: '', dataSize: 0 }]],
    ['no data is no event', 'event: x\n\ndata: y\n\n', [{ type: 'message', data: 'y' }]],
    ['the last event name counts', 'event: x\nevent: y\ndata: z\n\n', [{ type: 'y' }]],
    ['id persists', 'id: 7\ndata: a\n\ndata: b\n\n', [{ id: '7' }, { id: '7' }]],
    ['id is set by a block without data', 'id: 7\n\ndata: b\n\n', [{ id: '7' }]],
    ['empty id resets', 'id: 7\ndata: a\n\nid\ndata: b\n\n', [{ id: '7' }, { id: '' }]],
    ['id with NUL is ignored', 'id: 7\nid: 8\0\ndata: a\n\n', [{ id: '7' }]],
    ['retry', 'retry: 3000\ndata: a\n\n', [{ retryMs: 3000 }]],
    ['retry with another octet is ignored', 'retry: 30s\nretry\nretry:\ndata: a\n\n', [{ retryMs: -1 }]],
    ['retry is clamped', 'retry: 99999999999999999999999\ndata: a\n\n', [{ retryMs: Number.MAX_SAFE_INTEGER }]],
    ['names are case-sensitive and whole', 'Data: a\ndatax: b\ndat: c\n\0data: d\n data: e\n\n', []],
    ['comments', ': hi\n:\ndata: a\n: x\n\n', [{ data: 'a' }]],
    ['unterminated', 'data: a\n\nevent: x\ndata: b\n', [{ data: 'a' }, { data: 'b', type: 'x', incomplete: true, endOffset: 26 }]],
    ['unterminated in a line', 'data: a', [{ data: 'a', incomplete: true }]],
    ['ends in a comment', 'data: a\n\n: keep', [{ data: 'a' }]],
    ['half a BOM', '\u00ef', []],
  ]
  for (const [name, input, expected] of cases) {
    for (const chunks of chunkings(Buffer.from(input, name === 'half a BOM' ? 'latin1' : 'utf8'))) {
      const facts = parse(chunks)
      t.equal(facts.length, expected.length, name)
      for (const [i, want] of expected.entries()) t.match(facts[i], want, name)
    }
  }
})

t.test('more data than is kept: exact sizes, a prefix, and the next event whole', async (t) => {
  const body = bytes('data: 0123456789\ndata: x\n\ndata: 012\n\n')
  for (const chunks of chunkings(body)) {
    t.match(parse(chunks, 4), [
      { data: '0123', dataSize: 12, truncated: true },
      { data: '012', dataSize: 3, truncated: false },
    ])
  }
  const long = bytes(`event: ${'e'.repeat(300)}\nid: ${'i'.repeat(2_000)}\ndata: a\n\n`)
  for (const chunks of chunkings(long)) {
    const [fact] = parse(chunks)
    t.match(fact, { truncated: true, data: 'a' })
    t.equal(fact?.type.length, 256)
    t.equal(fact?.id.length, 1_024)
  }
})

const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'data',
        'data:',
        'data: ',
        'event:',
        'id:',
        'id: ',
        'retry:',
        ':',
        ' ',
        '\n',
        '\n',
        '\r',
        '\r\n',
        '\0',
        '7',
        'é',
        '\ufeff',
      ),
      fc.string({ maxLength: 4 }),
    ),
  )
  .map((parts) => Buffer.from(parts.join('')))

t.test('property: the facts are those of the standard, whatever the splits', async (t) => {
  fc.assert(
    fc.property(fc.oneof(soup, fc.uint8Array({ maxLength: 64 })), fc.integer(), (input, seed) => {
      const whole = parse([Uint8Array.from(input)])
      if (JSON.stringify(essentials(whole)) !== JSON.stringify(reference(input))) return false
      for (const chunks of chunkings(input, seed)) {
        if (JSON.stringify(parse(chunks)) !== JSON.stringify(whole)) return false
      }
      return true
    }),
    { numRuns: 400 },
  )
  t.pass('400 streams')
})

t.test('every recorded LLM stream: complete events, JSON data', async (t) => {
  const full = corpus('ai-sse-recorded/streams.jsonl')
  if (full === undefined) t.comment(`only the committed part: ${NO_CORPORA}`)
  const file = full ?? fixture('ai-sse-recorded/streams.jsonl')
  let events = 0
  let streams = 0
  for (const line of readFileSync(file, 'utf8').split('\n')) {
    if (line === '') continue
    const recorded = JSON.parse(line)
    if (!recorded.content_type.startsWith('text/event-stream')) continue
    const body = Buffer.from(recorded.body_b64, 'base64')
    const facts = parse([Uint8Array.from(body)])
    t.same(essentials(facts), reference(body), recorded.file)
    t.same(parse(Array.from({ length: Math.ceil(body.length / 7) }, (_, i) => Uint8Array.from(body.subarray(i * 7, i * 7 + 7)))), facts)
    streams++
    events += facts.length
  }
  t.comment(`${streams} streams, ${events} events`)
})
