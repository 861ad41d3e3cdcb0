/** ChunkedScanner: every state against every octet, the facts in every split, and the position of the first bad octet. */

import t from 'tap'
import {
  CHUNKED_DATA,
  CHUNKED_LAST,
  CHUNKED_NEED_MORE,
  CHUNKED_VIOLATION,
  ChunkedScanner,
} from '../../../../../src/workers/layers/http1/body/chunked-scanner.ts'
import { chunkings } from '../../../../support/chunkings.ts'

interface Walked {
  data: string
  outcome: string
  /** Octets walked in all. */
  at: number
}

function walk(chunks: Iterable<Uint8Array>): Walked {
  const scanner = new ChunkedScanner()
  const walked: Walked = { data: '', outcome: 'more', at: 0 }
  for (const chunk of chunks) {
    let from = 0
    for (;;) {
      const status = scanner.next(chunk, from, chunk.length)
      walked.at += scanner.at - from
      from = scanner.at
      if (status === CHUNKED_NEED_MORE) break
      if (status === CHUNKED_DATA) walked.data += Buffer.from(chunk.subarray(scanner.dataStart, scanner.at)).toString('latin1')
      else {
        walked.outcome = status === CHUNKED_LAST ? 'last' : scanner.violation.code
        return walked
      }
    }
  }
  return walked
}

const octets = (text: string): Buffer => Buffer.from(text, 'latin1')

/** A prefix that leads into each state, and the octets that the state takes. */
const STATES: readonly (readonly [state: string, prefix: string, accepts: RegExp])[] = [
  ['first size digit', '', /[0-9a-fA-F]/],
  ['size', '5', /[0-9a-fA-F;\r]/],
  ['extension', '5;', /[\t\r -~\x80-\xff]/],
  ['LF of the size', '5\r', /\n/],
  ['data', '2\r\n', /[\s\S]/],
  ['CR of the data', '2\r\nab', /\r/],
  ['LF of the data', '2\r\nab\r', /\n/],
  ['next size', '2\r\nab\r\n', /[0-9a-fA-F]/],
]

t.test('every state takes its octets and no other', async (t) => {
  for (const [state, prefix, accepts] of STATES) {
    let wrong = ''
    for (let octet = 0; octet < 256; octet++) {
      const text = prefix + String.fromCharCode(octet)
      const walked = walk([octets(text)])
      const taken = walked.outcome === 'more' && walked.at === text.length
      if (taken !== accepts.test(String.fromCharCode(octet))) wrong += ` ${octet}`
      if (!taken && walked.at !== prefix.length) wrong += ` ${octet}@${walked.at}`
    }
    t.equal(wrong, '', state)
  }
})

const BODIES: readonly (readonly [body: string, data: string, outcome: string, at: number])[] = [
  ['0\r\n', '', 'last', 3],
  ['5\r\nhello\r\n0\r\n\r\n', 'hello', 'last', 13],
  ['00A;name="v;\t\xe9"\r\n0123456789\r\n000;x\r\n', '0123456789', 'last', 36],
  ['1fffffffffffff\r\nabc', 'abc', 'more', 19],
  ['001fffffffffffff\r\nabc', 'abc', 'more', 21],
  ['3\r\nabc\r\n2\r\nde\r\nx', 'abcde', 'http1_bad_chunk_size', 15],
  ['3\r\nabcd', 'abc', 'http1_bad_chunk_end', 6],
  ['20000000000000', '', 'http1_chunk_size_too_large', 13],
  [`1;${'x'.repeat(1_023)}\r\na`, 'a', 'more', 1_028],
  [`1;${'x'.repeat(1_024)}\r\na`, '', 'http1_chunk_line_too_long', 1_025],
]

t.test('bodies, in every split', async (t) => {
  for (const [body, data, outcome, at] of BODIES) {
    let runs = 0
    for (const chunks of chunkings(octets(body))) {
      runs++
      const walked = walk(chunks)
      if (walked.data === data && walked.outcome === outcome && walked.at === at) continue
      t.same(walked, { data, outcome, at }, JSON.stringify(chunks.map((chunk) => chunk.length)))
      break
    }
    t.pass(`${JSON.stringify(body.slice(0, 40))} (${runs} splits)`)
  }
})

t.test('reset begins a new body', async (t) => {
  const scanner = new ChunkedScanner()
  scanner.next(octets('5;ext'), 0, 5)
  scanner.reset()
  t.equal(scanner.next(octets('x'), 0, 1), CHUNKED_VIOLATION)
  t.equal(scanner.at, 0)
})
