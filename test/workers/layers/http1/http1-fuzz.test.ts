/**
 * Any octets, in any split: facts, more wanted, or a violation; never a throw; the same facts, octets and end whatever the
 * split; exactly one end per exchange, last. Inputs: h2o's fuzzers (test/fixtures/h2o-fuzz-http1; the whole corpus where
 * SOTH_CORPORA/h2o-fuzz-http1/unpacked holds it), and conversations made by fast-check, sound and mutated.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { chunkings, seededRandom } from '../../../support/chunkings.ts'
import { observed, type Ran, runScript, type ScriptOptions, type Step } from '../../../support/octets/conversation-script.ts'

const FIXTURE = new URL('../../../../../test/fixtures/h2o-fuzz-http1/inputs.json', import.meta.url)
const GET = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
const STRICT: ScriptOptions = { layer: (handler) => new Http1Layer({ handler }) }
const LENIENT: ScriptOptions = { layer: (handler) => new Http1Layer({ handler, strict: false }) }

/** The terminal fact of an exchange is its last, and there is one for each that was opened. */
function endsOnce({ recorder }: Ran): boolean {
  const ended = new Set<number>()
  for (const { exchange, fact } of recorder.facts) {
    if (ended.has(exchange)) return false
    if (fact === 'exchangeEnd') ended.add(exchange)
  }
  return recorder.facts.every(({ exchange }) => ended.has(exchange))
}

/** Whole, octet by octet, and in a few seeded splits: the first difference, or ''. */
function compare(steps: readonly Step[], options: ScriptOptions, seed: number): string {
  const closed: readonly Step[] = [...steps, ['c!'], ['o!']]
  const whole = runScript(closed, options)
  if (!endsOnce(whole)) return `ends: ${JSON.stringify(whole.recorder.facts)}`
  const expected = observed(whole)
  const random = seededRandom(seed)
  const splits: ((text: Buffer) => Uint8Array[])[] = [
    (text) => Array.from(text, (octet) => Uint8Array.of(octet)),
    (text) => cut(text, 1 + random() * 7),
    (text) => cut(text, 1 + random() * 60),
    (text) => cut(text, text.length / 2 + 1),
  ]
  for (const split of splits) {
    const ran = runScript(closed, options, split)
    if (!isDeepStrictEqual(observed(ran), expected)) return JSON.stringify([observed(ran), expected])
  }
  return ''
}

function cut(text: Buffer, size: number): Uint8Array[] {
  const step = Math.floor(size)
  return Array.from({ length: Math.ceil(text.length / step) }, (_, n) => text.subarray(n * step, (n + 1) * step))
}

function judge(input: string, seed: number): string {
  for (const options of [STRICT, LENIENT]) {
    const asRequests = compare([['c:', input]], options, seed)
    if (asRequests !== '') return asRequests
    const asResponses = compare(
      [
        ['c:', GET + GET],
        ['o:', input],
      ],
      options,
      seed,
    )
    if (asResponses !== '') return asResponses
  }
  return ''
}

t.test('inputs of the h2o fuzzers', async (t) => {
  const inputs = JSON.parse(readFileSync(FIXTURE, 'utf8')) as string[]
  let first = ''
  inputs.forEach((input, index) => {
    if (first === '') first = judge(Buffer.from(input, 'base64').toString('latin1'), index)
  })
  t.equal(first, '', `${inputs.length} inputs`)
})

const folder = join(process.env['SOTH_CORPORA'] ?? '', 'h2o-fuzz-http1', 'unpacked')
t.test('the whole h2o corpus', { skip: existsSync(folder) ? false : 'SOTH_CORPORA has no unpacked h2o-fuzz-http1' }, async (t) => {
  const files = readdirSync(folder)
  let first = ''
  files.forEach((file, index) => {
    if (first === '') first = judge(readFileSync(join(folder, file)).toString('latin1'), index)
  })
  t.equal(first, '', `${files.length} inputs`)
})

/** Pieces of which conversations are made: sound ones mostly, and some that break a rule each. */
const PIECES = [
  ...['GET / HTTP/1.1\r\n', 'POST /a HTTP/1.1\r\n', 'HEAD / HTTP/1.0\r\n', 'CONNECT a:1 HTTP/1.1\r\n', 'GET http://b/ HTTP/1.1\r\n'],
  ...['HTTP/1.1 200 OK\r\n', 'HTTP/1.1 204 \r\n', 'HTTP/1.1 101 S\r\n', 'HTTP/1.1 100 C\r\n', 'HTTP/1.0 200 OK\r\n', 'HTTP/1.1 304 N\r\n'],
  ...['Host: a\r\n', 'Content-Length: 5\r\n', 'Content-Length: 0\r\n', 'Transfer-Encoding: chunked\r\n', 'Connection: close\r\n'],
  ...[
    'Connection: keep-alive\r\n',
    'Upgrade: x\r\n',
    'Foo: bar\r\n',
    '\r\n',
    '\r\n\r\n',
    'hello',
    '5\r\nhello\r\n',
    '0\r\n\r\n',
    '0;e\r\nT: v\r\n\r\n',
  ],
  ...['\n', '\r', ' ', '\0', ':', '+5', 'x', 'Foo : bar\r\n', ' fold\r\n', '\x80'],
]
const text = fc.array(fc.constantFrom(...PIECES), { maxLength: 14 }).map((pieces) => pieces.join(''))
const anything = fc.oneof(
  text,
  fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
)
const script = fc.array(fc.tuple(fc.constantFrom('c:' as const, 'o:' as const), anything), { maxLength: 6 })

t.test('any octets from either side: never a throw, one end each, the same in every split', async (t) => {
  fc.assert(
    fc.property(script, fc.integer(), (steps, seed) => {
      const failure = compare(steps, STRICT, seed) || compare(steps, LENIENT, seed)
      if (failure !== '') throw new Error(failure)
    }),
    { numRuns: 3_000 },
  )
  t.pass('3000 conversations')
})

t.test('requests of any pieces, in all the splits of chunkings()', async (t) => {
  fc.assert(
    fc.property(text, (input) => {
      const steps: readonly Step[] = [['c:', input], ['c!'], ['o!']]
      const expected = observed(runScript(steps, STRICT))
      for (const chunks of chunkings(Buffer.from(input, 'latin1'))) {
        const ran = runScript(steps, STRICT, () => chunks)
        if (!isDeepStrictEqual(observed(ran), expected)) throw new Error(JSON.stringify(observed(ran)))
      }
    }),
    { numRuns: 60 },
  )
  t.pass('60 inputs')
})
