/**
 * The msgpack scanner finds where values end, as the decoder does, within depth and size, whatever the splits.
 */

import { readFileSync } from 'node:fs'
import { decodeMulti, encode } from '@msgpack/msgpack'
import fc from 'fast-check'
import t from 'tap'
import { MsgpackScanner } from '../../../../src/workers/layers/msgpack/msgpack-scanner.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { fixture } from '../../../support/corpora/corpora.ts'

function scan(chunks: Iterable<Uint8Array>): unknown[][] {
  const facts: unknown[][] = []
  const scanner = new MsgpackScanner({
    onValue: (index, size, depth, value) =>
      facts.push([index, size, depth, value === undefined ? undefined : Buffer.from(value).toString('hex')]),
    onMsgpackFailed: (reason) => facts.push([reason]),
  })
  for (const chunk of chunks) {
    scanner.execute(chunk)
    chunk.fill(0xc1)
  }
  scanner.finish()
  return facts
}

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll('-', ''), 'hex'))

t.test('msgpack-test-suite: every encoding is one value', async (t) => {
  const suite: Record<string, { msgpack: string[] }[]> = JSON.parse(
    readFileSync(fixture('msgpack-test-suite/msgpack-test-suite.json'), 'utf8'),
  )
  let count = 0
  for (const cases of Object.values(suite)) {
    for (const hex of cases.flatMap((entry) => entry.msgpack)) {
      const input = bytes(hex)
      const two = Uint8Array.of(...input, ...input)
      for (const chunks of chunkings(two)) {
        const facts = scan(chunks)
        if (facts.length !== 2 || facts[1]?.[3] !== hex.replaceAll('-', '')) t.same(facts, hex)
      }
      count++
    }
  }
  t.comment(`${count} encodings`)
})

t.test('every type octet', async (t) => {
  for (let type = 0; type < 256; type++) {
    const facts = scan([Uint8Array.of(type, ...new Uint8Array(300))])
    if (type === 0xc1) t.same(facts, [['corrupt']])
    else t.equal(facts[0]?.[0], 0)
    const cut = scan([Uint8Array.of(type)])
    t.ok(cut.length === 1 && (cut[0]?.[0] === 0 || cut[0]?.[0] === 'truncated' || type === 0xc1))
  }
})

t.test('depth, size, announced sizes', async (t) => {
  const nested = (depth: number) => Uint8Array.of(...new Uint8Array(depth).fill(0x91), 0xc0)
  t.match(scan([nested(64)]), [[0, 65, 64]])
  for (const chunks of chunkings(nested(65))) t.same(scan(chunks), [['nesting_limit']])
  t.same(scan([Uint8Array.of(0xdd, 0xff, 0xff, 0xff, 0xff, 1, 2)]), [['truncated']])
  const large = encode(new Uint8Array(300_000))
  t.same(scan([Uint8Array.from(large.subarray(0, 9)), Uint8Array.from(large.subarray(9)), Uint8Array.of(1)]), [
    [0, large.length, 0, undefined],
    [1, 1, 0, '01'],
  ])
})

t.test('property: agrees with the decoder on where values end; any octets, any splits', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue(), { maxLength: 4 }), (values) => {
      // The decoder refuses that key, the scanner does not look at keys.
      if (JSON.stringify(values).includes('__proto__')) return true
      const input = Buffer.concat(values.map((value) => encode(value, { maxDepth: 60 })))
      const facts = scan([Uint8Array.from(input)])
      return facts.length === values.length && [...decodeMulti(input)].length === values.length
    }),
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.integer(), (input, seed) => {
      const whole = JSON.stringify(scan([Uint8Array.from(input)]))
      for (const chunks of chunkings(input, seed)) if (JSON.stringify(scan(chunks)) !== whole) return false
      return true
    }),
    { numRuns: 300 },
  )
  t.pass('400 inputs')
})
