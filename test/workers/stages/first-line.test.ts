/** readFirstLine: HTTP/1 or not, by the octets that came first, in all splits. */

import fc from 'fast-check'
import t from 'tap'
import { FIRST_LINE_BYTES } from '../../../src/shared/limits/connect.ts'
import { type FirstLine, readFirstLine } from '../../../src/workers/stages/first-line.ts'
import { chunkings } from '../../support/chunkings.ts'

/** What the octets are told to be as they come, chunk by chunk: the first answer counts. */
function read(chunks: readonly Uint8Array[]): FirstLine {
  let all = Buffer.alloc(0)
  for (const chunk of chunks) {
    all = Buffer.concat([all, chunk])
    const told = readFirstLine(all)
    if (told !== 'need_more') return told
  }
  return 'need_more'
}

const TABLE: readonly (readonly [octets: string, told: FirstLine])[] = [
  ['GET / HTTP/1.1\r\n', 'http1'],
  ['\r\n\r\nGET / HTTP/1.1\r\n', 'http1'],
  ['GET /\r\n', 'http1'],
  ['GET\r\n', 'http1'],
  ['GET\x01/ HTTP/1.1\r\n', 'http1'],
  ['PROPFIND ', 'http1'],
  ['FROB /x HTTP/1.1\r\n', 'http1'],
  ['frob /x http/1.1\r\n', 'http1'],
  ['!x / HTTP/1.0\n', 'http1'],
  ['FROB /x HTTP/', 'http1'],
  [`FROB /${'x'.repeat(FIRST_LINE_BYTES)}`, 'http1'],
  ['GET', 'need_more'],
  ['GETTING', 'need_more'],
  ['FROB /x', 'need_more'],
  ['\r\n', 'need_more'],
  ['', 'need_more'],
  ['*1\r\n$4\r\nPING\r\n', 'other'],
  ['PING\r\n', 'other'],
  ['NICK a\nUSER b\n', 'other'],
  ['EHLO client.example\r\n', 'other'],
  ['AMQP\x00\x00\x09\x01', 'other'],
  ['JRMI\x00\x02K', 'other'],
  ['CONNECTED\nversion:1.2\n\n\x00', 'other'],
  ['SSH-2.0-OpenSSH_9.6\r\n', 'other'],
  ['get key\r\n', 'other'],
  ['FROB /\xe9 HTTP/1.1\r\n', 'other'],
  ['\x00\x01', 'other'],
  ['\xffSMB', 'other'],
]

for (const [octets, told] of TABLE) {
  t.test(`${JSON.stringify(octets.slice(0, 40))}: ${told}, in all splits`, async (t) => {
    for (const chunks of chunkings(Buffer.from(octets, 'latin1'))) if (read(chunks) !== told) t.fail(`split as ${chunks.map(String)}`)
    t.equal(read([Buffer.from(octets, 'latin1')]), told)
  })
}

t.test('any octets: an answer that no split changes', async () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(40),
      (octets, cut) => read([octets]) === read([octets.subarray(0, cut), octets.subarray(cut)]),
    ),
  )
})
