/**
 * PrefixStripper finds each known prefix in every split, and prefix and payload always make up the input.
 */

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { PrefixStripper } from '../../../../src/workers/layers/payload/prefix-stripper.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { fixture } from '../../../support/corpora/corpora.ts'

function strip(chunks: Iterable<Uint8Array>): { prefixes: string[]; payload: string } {
  const prefixes: string[] = []
  const parts: Buffer[] = []
  const stripper = new PrefixStripper({
    onPrefix: (prefix) => prefixes.push(prefix),
    onPayload: (bytes, start, end) => parts.push(Buffer.from(bytes.slice(start, end))),
  })
  for (const chunk of chunks) stripper.execute(chunk)
  stripper.finish()
  return { prefixes, payload: Buffer.concat(parts).toString('latin1') }
}

t.test('prefixes, whatever the splits', async (t) => {
  const bom = '\xef\xbb\xbf'
  const cases: [string, string[], string][] = [
    [")]}'\n[1]", [")]}'"], '\n[1]'],
    [")]}',\n[1]", [")]}',"], '\n[1]'],
    [")]}'", [")]}'"], ''],
    ['while(1);[1]', ['while(1);'], '[1]'],
    ['for (;;);{}', ['for (;;);'], '{}'],
    ['for(;;);{}', ['for(;;);'], '{}'],
    ['&&&START&&&{}', ['&&&START&&&'], '{}'],
    ['{}&&{"a":1}', ['{}&&'], '{"a":1}'],
    ['{} && {"a":1}', ['{} &&'], ' {"a":1}'],
    [`${bom}for(;;);1`, ['\ufefffor(;;);'], '1'],
    [`${bom}{}`, ['\ufeff'], '{}'],
    [bom, ['\ufeff'], ''],
    ['\xef\xbb', [], '\xef\xbb'],
    ['\xef\xbb{}', [], '\xef\xbb{}'],
    ['', [], ''],
    ['{}', [], '{}'],
    ['{} ', [], '{} '],
    ['{"a":1}', [], '{"a":1}'],
    ['while(1)', [], 'while(1)'],
    ['while(1)1;', [], 'while(1)1;'],
    [')]}', [], ')]}'],
    ['while(1);while(1);', ['while(1);'], 'while(1);'],
    [`${bom}${bom}{}`, ['\ufeff'], `${bom}{}`],
  ]
  for (const [input, prefixes, payload] of cases) {
    for (const chunks of chunkings(Buffer.from(input, 'latin1'))) {
      const result = strip(chunks)
      if (result.payload !== payload || result.prefixes.join('|') !== prefixes.join('|')) t.same(result, { prefixes, payload }, input)
    }
    t.pass(JSON.stringify(input))
  }
})

t.test("AngularJS's own cases", async (t) => {
  for (const { body, json } of JSON.parse(readFileSync(fixture('json-prefix/vectors.json'), 'utf8'))) {
    const { payload } = strip([Buffer.from(body)])
    if (json === null) t.equal(payload, body)
    else t.same(JSON.parse(payload), json)
  }
})

t.test('property: prefix and payload make up the input, whatever the splits', async (t) => {
  const part = fc.constantFrom(
    '\xef',
    '\xbb',
    '\xbf',
    ')]}',
    "'",
    ',',
    'while(',
    '1);',
    'for(;;',
    ');',
    '&&&',
    'START',
    '{}',
    ' ',
    '&&',
    '[]',
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const input = parts.join('')
      const whole = strip([Buffer.from(input, 'latin1')])
      if (whole.prefixes.join('').replace('\ufeff', '\xef\xbb\xbf') + whole.payload !== input) return false
      for (const chunks of chunkings(Buffer.from(input, 'latin1')))
        if (JSON.stringify(strip(chunks)) !== JSON.stringify(whole)) return false
      return true
    }),
    { numRuns: 300 },
  )
  t.pass('300 inputs')
})
