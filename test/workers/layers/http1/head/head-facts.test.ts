/**
 * HeadFacts: what each field line, and each value of the framing fields, adds to what is known of a head (RFC 9112 §6).
 */

import t from 'tap'
import { MessageHead } from '../../../../../src/workers/layers/http/message-head.ts'
import { parseFieldLine } from '../../../../../src/workers/layers/http1/head/field-line.ts'
import {
  CODING_CHUNKED,
  CODING_MALFORMED,
  CODING_NONE,
  CODING_UNKNOWN,
  HeadFacts,
  LENGTH_MALFORMED,
  LENGTH_TOO_LARGE,
} from '../../../../../src/workers/layers/http1/head/head-facts.ts'

/** The facts of a head with these field lines, read one by one as a parser does. */
function factsOf(...lines: string[]): { facts: HeadFacts; head: MessageHead } {
  const bytes = Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'latin1')
  const head = new MessageHead()
  const facts = new HeadFacts()
  head.fields.reset(bytes, 0)
  for (let at = 0; at < bytes.length; ) {
    const next = parseFieldLine(bytes, at, bytes.length, head.fields)
    if (typeof next !== 'number') throw new Error(next.code)
    facts.note(head)
    at = next
  }
  return { facts, head }
}

const LENGTHS: readonly (readonly [value: string, length: number])[] = [
  ['0', 0],
  ['42', 42],
  ['0042', 42],
  ['   7  ', 7],
  ['9007199254740991', Number.MAX_SAFE_INTEGER],
  ['9007199254740992', LENGTH_TOO_LARGE],
  ['00000000000000001', LENGTH_TOO_LARGE],
  ['99999999999999999999', LENGTH_TOO_LARGE],
  ['', LENGTH_MALFORMED],
  ['+1', LENGTH_MALFORMED],
  ['-1', LENGTH_MALFORMED],
  ['1.0', LENGTH_MALFORMED],
  ['0x1', LENGTH_MALFORMED],
  ['1 1', LENGTH_MALFORMED],
  ['1, 1', LENGTH_MALFORMED],
  ['\t1', LENGTH_MALFORMED],
  ['1\t', LENGTH_MALFORMED],
  ['1 \t ', LENGTH_MALFORMED],
  ['99999999999999999999x', LENGTH_MALFORMED],
]

t.test('Content-Length', async (t) => {
  for (const [value, length] of LENGTHS) t.equal(factsOf(`Content-Length: ${value}`).facts.contentLength, length, JSON.stringify(value))
  t.equal(factsOf('A: b').facts.contentLength, -1)
  t.equal(factsOf('content-LENGTH: 1', 'Content-Length: 1').facts.contentLengths, 2)
})

const CODINGS: readonly (readonly [value: string, coding: number])[] = [
  ['chunked', CODING_CHUNKED],
  ['  ChunKed ', CODING_CHUNKED],
  ['gzip, chunked', CODING_UNKNOWN],
  ['gzip;q=1 , chunked', CODING_UNKNOWN],
  ['a,b,chunked', CODING_UNKNOWN],
  ['gzip', CODING_MALFORMED],
  ['identity', CODING_MALFORMED],
  ['chunked, gzip', CODING_MALFORMED],
  ['chunked, chunked', CODING_MALFORMED],
  ['chunked,', CODING_MALFORMED],
  [',chunked', CODING_MALFORMED],
  ['gzip,,chunked', CODING_MALFORMED],
  ['"chunked"', CODING_MALFORMED],
  ['chunked;x', CODING_MALFORMED],
  ['xchunked', CODING_MALFORMED],
  ['\tchunked', CODING_MALFORMED],
  ['chunked\t', CODING_MALFORMED],
  ['gzip,\tchunked', CODING_MALFORMED],
  ['', CODING_MALFORMED],
]

t.test('Transfer-Encoding', async (t) => {
  for (const [value, coding] of CODINGS) t.equal(factsOf(`Transfer-Encoding: ${value}`).facts.transferCoding, coding, JSON.stringify(value))
  t.equal(factsOf('A: b').facts.transferCoding, CODING_NONE)
  t.equal(factsOf('Transfer-Encoding: chunked', 'transfer-encoding: chunked').facts.transferEncodings, 2)
})

const OPTIONS: readonly (readonly [value: string, close: boolean, keepAlive: boolean])[] = [
  ['close', true, false],
  ['Keep-Alive', false, true],
  ['x, CLOSE\t, keep-alive', true, true],
  [',,close,,', true, false],
  ['closed', false, false],
  ['"close"', false, false],
  ['', false, false],
]

t.test('Connection', async (t) => {
  for (const [value, close, keepAlive] of OPTIONS) {
    const { facts } = factsOf(`Connection: ${value}`)
    t.same([facts.close, facts.keepAlive], [close, keepAlive], JSON.stringify(value))
  }
  const { facts } = factsOf('Connection: close', 'A: b', 'Connection: keep-alive')
  t.ok(facts.close && facts.keepAlive, 'lines add up')
})

t.test('Host: the first is the authority; more are counted', async (t) => {
  const { facts, head } = factsOf('A: b', 'HOST: a.example:8', 'Host: u@b')
  t.equal(head.authority, 'a.example:8')
  t.equal(facts.hosts, 2)
  t.ok(facts.hostIsValid, 'the second is refused for being there')
  t.notOk(factsOf('Host: u@b').facts.hostIsValid)
})

t.test('Upgrade: the first line', async (t) => {
  t.equal(factsOf('A: b', 'Upgrade: x', 'upgrade: y').facts.upgradeLine, 1)
  t.equal(factsOf('A: b').facts.upgradeLine, -1)
})

t.test('names of the same length are other fields; underscores are seen', async (t) => {
  const others = ['Hose: a', 'Upgrada: x', 'Connectiom: close', 'Content-Lengtx: 1', 'Transfer-Encodinx: chunked']
  t.same({ ...factsOf(...others).facts }, { ...new HeadFacts() })
  t.ok(factsOf('Content_Length: 1').facts.isDisguised)
  t.ok(factsOf('TRANSFER_ENCODING: x').facts.isDisguised)
})

t.test('reset forgets all', async (t) => {
  const { facts } = factsOf(
    'Host: u@b',
    'Content_Length: 1',
    'Content-Length: 1',
    'Transfer-Encoding: x',
    'Connection: close, keep-alive',
    'Upgrade: y',
  )
  t.notSame({ ...facts }, { ...new HeadFacts() })
  facts.reset()
  t.same({ ...facts }, { ...new HeadFacts() })
})
