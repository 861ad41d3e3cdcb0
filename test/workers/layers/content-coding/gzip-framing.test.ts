/**
 * GzipFraming: every form of a head (RFC 1952 §2.3.1), in every split; what is no member; checks.
 */

import { crc32, deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { GzipFraming } from '../../../../src/workers/layers/content-coding/gzip-framing.ts'
import { chunkings } from '../../../support/chunkings.ts'

const HEAD_CHECK = 2
const EXTRA = 4
const NAME = 8
const COMMENT = 16

const uint16 = (value: number) => [value & 255, (value >> 8) & 255]

function head(flags: number, extra: readonly number[] = [1, 2, 0]): number[] {
  const bytes = [0x1f, 0x8b, 8, flags, 1, 2, 3, 4, 0, 255]
  if ((flags & EXTRA) !== 0) bytes.push(...uint16(extra.length), ...extra)
  if ((flags & NAME) !== 0) bytes.push(...Buffer.from('name.txt\0'))
  if ((flags & COMMENT) !== 0) bytes.push(0)
  if ((flags & HEAD_CHECK) !== 0) bytes.push(...uint16(crc32(Uint8Array.from(bytes))))
  return bytes
}

/** Octets of framing until a body begins, a failure, or the end. */
function read(chunks: readonly Uint8Array[]): { readonly octets: number; readonly inBody: boolean; readonly failure: string } {
  const framing = new GzipFraming()
  let octets = 0
  for (const chunk of chunks) if (!framing.inBody) octets += framing.execute(chunk, 0)
  return { octets, inBody: framing.inBody, failure: framing.failure }
}

t.test('every form of a head, in every split', async (t) => {
  for (let flags = 0; flags < 32; flags++) {
    const bytes = Uint8Array.from([...head(flags & ~1), 0x4b, 0x04, 0x00])
    for (const chunks of chunkings(bytes)) t.same(read(chunks), { octets: bytes.length - 3, inBody: true, failure: '' }, `flags ${flags}`)
  }
  const empty = Uint8Array.from(head(EXTRA, []))
  t.same(read([empty]), { octets: empty.length, inBody: true, failure: '' }, 'an extra field of no octets')
})

t.test('what is no head', async (t) => {
  const failureOf = (...bytes: number[]) => read([Uint8Array.from(bytes)]).failure
  t.equal(failureOf(0x1f, 0x8c), 'incorrect header check')
  t.equal(failureOf(0x1f, 0x8b, 7), 'unknown compression method')
  for (const flag of [0x20, 0x40, 0x80]) t.equal(failureOf(0x1f, 0x8b, 8, flag), 'unknown header flags set')
  const wrong = head(HEAD_CHECK | NAME)
  wrong[4] = 9
  t.equal(failureOf(...wrong), 'header crc mismatch')
})

t.test('trailer, padding and what is ignored', async (t) => {
  const body = Buffer.from('hello')
  const trailer = (check: number, size: number) => [...uint16(check), ...uint16(check >>> 16), ...uint16(size), ...uint16(size >>> 16)]
  const after = (bytes: number[]) => {
    const framing = new GzipFraming()
    framing.execute(Uint8Array.from(head(0)), 0)
    framing.inflated(body)
    framing.bodyEnd()
    framing.execute(Uint8Array.from(bytes), 0)
    return { complete: framing.complete, inBody: framing.inBody, failure: framing.failure }
  }
  const right = trailer(crc32(body), body.length)
  t.same(after(right), { complete: true, inBody: false, failure: '' })
  t.same(after(right.slice(0, 7)), { complete: false, inBody: false, failure: '' })
  t.equal(after(trailer(crc32(body) ^ 1, 5)).failure, 'incorrect data check')
  t.equal(after(trailer(crc32(body), 6)).failure, 'incorrect length check')
  t.same(after([...right, 0, 0, ...head(0)]), { complete: false, inBody: true, failure: '' }, 'a second member')
  t.same(after([...right, 0, ...Buffer.from('text')]), { complete: true, inBody: false, failure: '' })
})

t.test('property: any octets, the same whatever the splits', async (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(31), fc.integer(), (tail, flags, seed) => {
      const bytes = Uint8Array.from([...head(flags & ~1), ...deflateRawSync(tail), ...tail])
      const whole = JSON.stringify(read([bytes]))
      for (const chunks of chunkings(bytes, seed)) if (JSON.stringify(read(chunks)) !== whole) return false
      return true
    }),
    { numRuns: 100 },
  )
  t.pass('100 inputs')
})
