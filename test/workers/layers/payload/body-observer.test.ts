/**
 * The body observer leads each kind of body, plain and coded, to its parser, and every observation ends exactly once.
 */

import { brotliCompressSync, gzipSync } from 'node:zlib'
import { encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import t from 'tap'
import type { StreamEvent } from '../../../../src/workers/layers/event-stream/stream-event.ts'
import type { BodyHandler } from '../../../../src/workers/layers/payload/body-handler.ts'
import { BodyObserver, type BodyObserverOptions } from '../../../../src/workers/layers/payload/body-observer.ts'
import { chunkings, seededRandom } from '../../../support/chunkings.ts'

class Recorder implements BodyHandler {
  readonly facts: unknown[][] = []
  #json = ''
  readonly ended: Promise<void>
  #resolve: () => void = () => {}
  constructor() {
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve
    })
  }
  onEvent(event: StreamEvent): void {
    this.facts.push(['event', event.type, event.data])
  }
  onIncompleteEvent(event: StreamEvent): void {
    this.facts.push(['incomplete', event.data])
  }
  onLine(index: number, bytes: Uint8Array, start: number, end: number): void {
    this.facts.push(['line', index, Buffer.from(bytes.slice(start, end)).toString()])
  }
  onPrefix(prefix: string): void {
    this.facts.push(['prefix', prefix])
  }
  onJson(bytes: Uint8Array, start: number, end: number): void {
    this.#json += Buffer.from(bytes.slice(start, end)).toString('latin1')
  }
  onMsgpack(index: number, size: number, depth: number, _value: Uint8Array | undefined, sniffed: boolean): void {
    this.facts.push(['msgpack', index, size, depth, sniffed])
  }
  onDecodeFailed(layer: string, reason: string, coding: string): void {
    this.facts.push(['failed', layer, reason, coding])
  }
  onBodyEnd(decodedSize: number): void {
    if (this.#json !== '') this.facts.push(['json', this.#json])
    this.facts.push(['end', decodedSize])
    this.#resolve()
  }
}

async function observe(
  type: string | undefined,
  coding: string | undefined,
  chunks: Iterable<Uint8Array>,
  options: BodyObserverOptions = {},
): Promise<unknown[][]> {
  const recorder = new Recorder()
  const observer = new BodyObserver(type, coding, recorder, options)
  for (const chunk of chunks) observer.execute(chunk)
  observer.finish()
  await recorder.ended
  return recorder.facts
}

const map = encode({ name: 'value', n: [1, 2, 3] })

t.test('each kind to its parser, plain and coded, whatever the splits', async (t) => {
  const cases: [string | undefined, Uint8Array | string, unknown[][]][] = [
    [
      'text/event-stream; charset=utf-8',
      'event: a\ndata: 1\n\ndata: 2',
      [
        ['event', 'a', '1'],
        ['incomplete', '2'],
        ['end', 25],
      ],
    ],
    [
      'application/x-ndjson',
      '{"a":1}\n2',
      [
        ['line', 0, '{"a":1}'],
        ['line', 1, '2'],
        ['end', 9],
      ],
    ],
    [
      'application/x-ndjson',
      ")]}'\r\n{}\n2",
      [
        ['prefix', ")]}'"],
        ['line', 0, '{}'],
        ['line', 1, '2'],
        ['end', 10],
      ],
    ],
    [
      'application/jsonl',
      'for(;;);{"a":1}\nfor(;;);',
      [
        ['prefix', 'for(;;);'],
        ['line', 0, '{"a":1}'],
        ['line', 1, 'for(;;);'],
        ['end', 24],
      ],
    ],
    [
      'application/json',
      ")]}',\n[1]",
      [
        ['prefix', ")]}',"],
        ['json', '\n[1]'],
        ['end', 9],
      ],
    ],
    [
      'application/vnd.api+json',
      '{}',
      [
        ['json', '{}'],
        ['end', 2],
      ],
    ],
    [
      'application/msgpack',
      Buffer.concat([map, map]),
      [
        ['msgpack', 0, map.length, 2, false],
        ['msgpack', 1, map.length, 2, false],
        ['end', map.length * 2],
      ],
    ],
    [
      'application/msgpack',
      map.subarray(1, 7),
      [
        ['msgpack', 0, 5, 0, false],
        ['failed', 'msgpack', 'truncated', ''],
        ['end', 6],
      ],
    ],
    [
      undefined,
      map,
      [
        ['msgpack', 0, map.length, 2, true],
        ['end', map.length],
      ],
    ],
    [
      'application/octet-stream',
      Buffer.concat([map, map, map]),
      [0, 1, 2].map((i): unknown[] => ['msgpack', i, map.length, 2, true]).concat([['end', map.length * 3]]),
    ],
    [undefined, 'plain text, longer than what is sniffed of it', [['end', 45]]],
    ['image/png', '\x89PNG', [['end', 5]]],
    ['application/json', '', [['end', 0]]],
  ]
  for (const [type, body, expected] of cases) {
    const bytes = Buffer.from(body as string)
    for (const chunks of chunkings(bytes)) {
      const facts = await observe(type, undefined, chunks)
      if (JSON.stringify(facts) !== JSON.stringify(expected)) t.same(facts, expected, String(type))
    }
    if (type === 'image/png' || bytes.length === 0) continue
    for (const [coding, encoded] of [
      ['gzip', gzipSync(bytes)],
      ['gzip, br', brotliCompressSync(gzipSync(bytes))],
    ] as const) {
      t.same(await observe(type, coding, [encoded.subarray(0, 9), encoded.subarray(9)]), expected, `${type} ${coding}`)
    }
  }
})

t.test('failures are classified, once, and end the observation', async (t) => {
  const encoded = gzipSync('data: 1\n\ndata: 2\n\n')
  t.match(await observe('text/event-stream', 'gzip', [encoded.subarray(0, -3)]), [
    ['event', 'message', '1'],
    ['event', 'message', '2'],
    ['failed', 'content_coding', 'truncated', 'gzip'],
    ['end', 18],
  ])
  t.match(await observe('application/json', 'compress', [encoded, encoded]), [
    ['failed', 'content_coding', 'unsupported', 'compress'],
    ['end', 0],
  ])
  t.match(await observe('application/msgpack', undefined, [Uint8Array.of(0xc1, 1), Uint8Array.of(2)]), [
    ['failed', 'msgpack', 'corrupt', ''],
    ['end', 2],
  ])
  t.same(await observe('image/png', 'compress', [encoded]), [['end', encoded.length]], 'nobody reads it: no decoder, no failure')
})

t.test('where it is asked, what should be JSON and is none is told at the end', async (t) => {
  const failures = async (type: string, body: string) => {
    const bytes = Buffer.from(body)
    const runs: unknown[][][] = []
    for (const chunks of chunkings(bytes)) {
      const facts = await observe(type, undefined, chunks, { checkJson: true })
      t.same(facts.at(-1), ['end', bytes.length], 'all of it was observed')
      runs.push(facts.filter(([kind]) => kind === 'failed'))
    }
    t.ok(runs.every((run) => JSON.stringify(run) === JSON.stringify(runs[0])))
    return runs[0]
  }
  t.same(await failures('application/json', '{"a":1}'), [])
  t.same(await failures('application/json', "\ufeff)]}'\n[1]"), [])
  t.same(await failures('application/json', '{"a":1'), [['failed', 'json', 'truncated', '']])
  t.same(await failures('application/problem+json', '<html>'), [['failed', 'json', 'corrupt', '']])
  t.same(await failures('application/json', '['.repeat(300)), [['failed', 'json', 'nesting_limit', '']])
  t.same(await failures('application/x-ndjson', '{"a":1}\n[2]\n'), [])
  t.same(await failures('application/x-ndjson', '{"a":1}\nno JSON\n[2'), [['failed', 'ndjson', 'corrupt', '']], 'the first')
  t.same(await failures('application/x-ndjson', '{"a":1}\n[2'), [['failed', 'ndjson', 'truncated', '']])
  t.same(await observe('application/json', undefined, [Buffer.from('{')]), [
    ['json', '{'],
    ['end', 1],
  ])
})

t.test('closed: silent', async (t) => {
  const recorder = new Recorder()
  const observer = new BodyObserver('application/json', 'gzip', recorder)
  observer.execute(gzipSync('[1]'))
  observer.close()
  observer.execute(gzipSync('[1]'))
  observer.finish()
  await new Promise((resolve) => setTimeout(resolve, 20))
  t.same(recorder.facts, [])
})

t.test('a compressed event stream longer than any one message may be', async (t) => {
  const random = seededRandom(5)
  const noise = Array.from({ length: 8_192 }, () => Math.floor(random() * 36).toString(36)).join('')
  const part = gzipSync(`data: ${noise}\n\n`.repeat(256))
  let events = 0
  const recorder = new Recorder()
  recorder.onEvent = () => {
    events++
  }
  const observer = new BodyObserver('text/event-stream', 'gzip', recorder, { eventDataBytes: 0 })
  for (let i = 0; i < 34; i++) {
    observer.execute(part)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
  observer.finish()
  await recorder.ended
  t.same(recorder.facts, [['end', 34 * 256 * (8_192 + 8)]], '71 MB, no limit met')
  t.equal(events, 34 * 256)
})

t.test('property: any octets under any type end exactly once', async (t) => {
  const type = fc.constantFrom(
    'text/event-stream',
    'application/x-ndjson',
    'application/json',
    'application/msgpack',
    undefined,
    'image/png',
  )
  await fc.assert(
    fc.asyncProperty(
      type,
      fc.constantFrom(undefined, 'gzip', 'br', 'foo'),
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 5 }),
      async (contentType, coding, chunks) => {
        const facts = await observe(contentType, coding, chunks)
        const kinds = facts.map((fact) => fact[0])
        return (
          kinds.filter((kind) => kind === 'end').length === 1 &&
          kinds.at(-1) === 'end' &&
          kinds.filter((kind) => kind === 'failed').length <= 1
        )
      },
    ),
    { numRuns: 300 },
  )
  t.pass('300 bodies')
})
