/**
 * The parser of first octets against recorded hellos (SNI, ALPN, JA3, JA4 as other tools give them), in every split and record
 * size.
 */

import fc from 'fast-check'
import t from 'tap'
import { CLIENT_HELLO_BYTES, CLIENT_HELLO_WIRE_BYTES } from '../../../../src/shared/limits/tls.ts'
import { ClientHelloParser, type HelloResult } from '../../../../src/workers/tls/hello/client-hello-parser.ts'
import { ja3, ja3Text } from '../../../../src/workers/tls/hello/ja3.ts'
import { ja4 } from '../../../../src/workers/tls/hello/ja4.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { corpusText, fixtureText, jsonLines, needsCorpus } from '../../../support/corpora/corpora.ts'
import { concat, handshakeMessage, helloBytes, helloMessage, records, vector16 } from '../../../support/octets/hello-bytes.ts'

interface HelloRow {
  readonly id: string
  readonly records_hex: string
  readonly sni: string | null
  readonly alpn: string[]
  readonly ja3_full: string
  readonly ja3: string
  readonly supported_versions: string[]
  readonly ja4: string | null
}

/** Feeds chunks until the parser decides. */
function parse(chunks: Iterable<Uint8Array>): HelloResult {
  const parser = new ClientHelloParser()
  let result: HelloResult = { kind: 'need_more' }
  for (const chunk of chunks) result = parser.execute(chunk)
  return result
}

function outcome(result: HelloResult): string {
  return result.kind === 'violation' ? result.violation.code : result.kind
}

function hex(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text.replaceAll(' ', ''), 'hex'))
}

t.test('real hellos give the SNI, ALPN, JA3 and JA4 that other tools give, whatever the split', async (t) => {
  const rows = jsonLines<HelloRow>(fixtureText('tls-clienthello/hellos.jsonl'))
  t.equal(rows.length, 52)
  for (const [index, row] of rows.entries()) {
    const bytes = hex(row.records_hex)
    const whole = parse([bytes])
    if (whole.kind !== 'hello') {
      t.fail(`${row.id} is no hello: ${outcome(whole)}`)
      continue
    }
    const { hello } = whole
    t.equal(hello.sni ?? null, row.sni, `${row.id} sni`)
    t.strictSame(hello.alpn, row.alpn, `${row.id} alpn`)
    t.equal(ja3Text(hello), row.ja3_full, `${row.id} ja3 text`)
    t.equal(ja3(hello), row.ja3, `${row.id} ja3`)
    t.strictSame(hello.supportedVersions, row.supported_versions.map(Number), `${row.id} versions`)
    if (row.ja4 !== null) t.equal(ja4(hello), row.ja4, `${row.id} ja4`)
    if (index % 8 !== 0) continue
    for (const chunks of chunkings(bytes)) {
      const split = parse(chunks)
      if (split.kind !== 'hello' || ja4(split.hello) !== ja4(hello) || split.hello.sni !== hello.sni) {
        t.fail(`${row.id} differs when split into ${chunks.map((chunk) => chunk.length)}`)
        break
      }
    }
  }
})

t.test('a hello over any number of records is one hello', async (t) => {
  const message = helloMessage()
  const expected = parse([records(message)])
  for (let fragment = 1; fragment <= message.length; fragment++) {
    const bytes = records(message, fragment)
    for (const chunks of [[bytes], Array.from(bytes, (octet) => Uint8Array.of(octet))]) {
      t.strictSame(parse(chunks), expected, `fragments of ${fragment}`)
    }
  }
})

const HELLO = helloBytes()
const FULL_BODY = CLIENT_HELLO_BYTES

/** What the first bytes are, and after how many octets that is known. */
const FIRST_OCTETS: readonly (readonly [name: string, bytes: Uint8Array, result: string, decidedAfter: number])[] = [
  ['nothing', hex(''), 'need_more', 0],
  ['a cleartext HTTP request', Buffer.from('GET / HTTP/1.1\r\n'), 'not_tls', 1],
  ['the HTTP/2 preface', Buffer.from('PRI * HTTP/2.0\r\n'), 'not_tls', 1],
  ['an SSH banner', Buffer.from('SSH-2.0-x\r\n'), 'not_tls', 1],
  ['a zero octet', hex('00 00'), 'not_tls', 1],
  ['a SOCKS greeting', hex('05 01 00'), 'not_tls', 1],
  ['the type of a record, then no TLS version', hex('16 02 00 00'), 'not_tls', 2],
  ['the type of an alert, then no TLS version', hex('15 10 00 00'), 'not_tls', 2],
  ['an SSL 2.0 hello', hex('80 2e 01 00 02 00 15'), 'client_hello_ssl2', 4],
  ['a hello in SSL 2.0 format for TLS 1.0', hex('80 67 01 03 01 00 4e'), 'client_hello_ssl2', 4],
  ['an SSL 2.0 length, then another message', hex('80 2e 04 00 02'), 'not_tls', 3],
  ['an SSL 2.0 length and type, then no version', hex('80 2e 01 47 02'), 'not_tls', 4],
  ['an alert record', hex('15 03 01 00 02 02 30'), 'client_hello_record_type', 2],
  ['an application data record', hex('17 03 03 00 10'), 'client_hello_record_type', 2],
  ['a ChangeCipherSpec record', hex('14 03 03 00 01 01'), 'client_hello_record_type', 2],
  ['a record without octets', hex('16 03 01 00 00'), 'client_hello_record_empty', 5],
  ['a record of 16,385 octets', hex('16 03 01 40 01'), 'client_hello_record_too_long', 5],
  ['a ServerHello', hex('16 03 01 00 40 02'), 'client_hello_message_type', 6],
  ['a ClientHello of 16,385 octets', hex('16 03 01 40 00 01 00 40 01'), 'client_hello_too_long', 9],
  ['a ClientHello of 16 MiB', hex('16 03 01 40 00 01 ff ff ff'), 'client_hello_too_long', 9],
  ['a ClientHello in any record version', concat([0x16, 3, 0x7f], HELLO.subarray(3)), 'hello', HELLO.length],
  ['an alert in between', concat(records(helloMessage(), 40).subarray(0, 45), [0x15]), 'client_hello_record_type', 46],
  ['not TLS in between', concat(records(helloMessage(), 40).subarray(0, 45), [0x16, 0x47]), 'client_hello_record_type', 47],
  [
    'an empty record in between',
    concat(records(helloMessage(), 40).subarray(0, 45), hex('16 03 01 00 00')),
    'client_hello_record_empty',
    50,
  ],
]

t.test('the first octets decide, and at the earliest octet that can', async (t) => {
  for (const [name, bytes, result, decidedAfter] of FIRST_OCTETS) {
    for (const chunks of chunkings(bytes)) t.equal(outcome(parse(chunks)), result, name)
    const parser = new ClientHelloParser()
    let decided = 0
    for (let at = 0; at < bytes.length && decided === 0; at++) {
      if (parser.execute(bytes.subarray(at, at + 1)).kind !== 'need_more') decided = at + 1
    }
    t.equal(decided, decidedAfter, `${name}: decided after`)
  }
})

t.test('octets that no TLS client begins with', async (t) => {
  t.strictSame(parse([Buffer.from('get')]), { kind: 'not_tls' })
  t.strictSame(parse([Buffer.from('POST')]), { kind: 'not_tls' })
  t.strictSame(parse([hex('00')]), { kind: 'not_tls' })
  t.strictSame(parse([hex('80 00 02')]), { kind: 'not_tls' })
})

t.test('the largest hello is taken in the smallest records, within the bound on the wire', async (t) => {
  const overhead = helloMessage({ extensions: [[0xff77, new Uint8Array(0)]] }).length - 4
  const message = helloMessage({ extensions: [[0xff77, new Uint8Array(FULL_BODY - overhead)]] })
  t.equal(message.length, FULL_BODY + 4)
  const bytes = records(message, 1)
  t.equal(bytes.length, CLIENT_HELLO_WIRE_BYTES)
  const result = parse([bytes])
  t.equal(outcome(result), 'hello')
  t.equal(result.kind === 'hello' && result.hello.size, FULL_BODY + 4)
})

t.test('bytes behind the hello change nothing, and the answer stays', async (t) => {
  const parser = new ClientHelloParser()
  const first = parser.execute(concat(HELLO, hex('17 03 03 00 01 00')))
  t.equal(first.kind, 'hello')
  t.equal(parser.execute(Buffer.from('GET /')), first)
  const second = parse([records(concat(helloMessage(), handshakeMessage(16, vector16([1]))))])
  t.equal(second.kind, 'hello')
})

t.test('property: any octets give a result and never a throw, the same for every split', async (t) => {
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }).map((body) => records(handshakeMessage(1, body), 64)),
    fc.tuple(fc.nat({ max: HELLO.length - 1 }), fc.nat({ max: 255 })).map(([at, octet]) => HELLO.with(at, octet)),
  )
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(octets, fc.nat(), (bytes, seed) => {
        const whole = parse([bytes])
        const random = [...chunkings(bytes, seed)].slice(-4)
        return random.every((chunks) => JSON.stringify(parse(chunks)) === JSON.stringify(whole))
      }),
      { numRuns: 1500 },
    ),
  )
})

interface CorpusRow {
  readonly id: string
  readonly records_hex: string
  readonly tshark: { sni: string | null; ja3: string | null; ja3_full: string; alpn: string[]; malformed?: boolean } | null
  readonly foxio_ja4?: { python?: string; rust?: string; ja4_r?: string } | null
}

for (const [file, refusable] of [
  ['clienthello-captures.jsonl', false],
  ['clienthello-boringssl.jsonl', true],
] as const) {
  t.test(`full corpus: ${file}`, needsCorpus(`tls-clienthello/${file}`), async (t) => {
    const count = { rows: 0, hellos: 0, refused: 0, ja3: 0, ja4: 0 }
    for (const row of jsonLines<CorpusRow>(corpusText(`tls-clienthello/${file}`))) {
      const result = parse([hex(row.records_hex)])
      count.rows++
      if (result.kind !== 'hello') {
        // The fuzzing corpus holds broken hellos on purpose; nothing else may be said of them but which rule they break.
        if (result.kind !== 'violation' || !refusable) t.fail(`${row.id}: ${outcome(result)}`)
        count.refused++
        continue
      }
      count.hellos++
      const expectedJa3 = row.tshark?.ja3 ?? null
      if (expectedJa3 !== null) {
        count.ja3++
        if (ja3(result.hello) !== expectedJa3) t.fail(`${row.id}: ja3 ${ja3Text(result.hello)}`)
      }
      const expectedJa4 = row.foxio_ja4?.rust ?? row.foxio_ja4?.python
      if (expectedJa4 !== undefined) {
        count.ja4++
        if (ja4(result.hello) !== expectedJa4) t.fail(`${row.id}: ja4 ${ja4(result.hello)}`)
      }
    }
    t.comment(JSON.stringify(count))
    t.ok(count.rows > 0)
  })
}
