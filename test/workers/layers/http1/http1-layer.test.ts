/**
 * Http1Layer: valid conversations, whole and in every split: relayed octet for octet, with the facts expected; and its
 * bounds: abort, pipelining.
 */

import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { everySplit, observed, runScript, type Step } from '../../../support/octets/conversation-script.ts'
import { CHUNKED, GET, get, HALF_POST, HEAD, OK, ok, PLAIN, sentBy } from '../../../support/octets/http1-messages.ts'
import { HttpRecorder, type RecordedFact } from '../../../support/recorders/http-recorder.ts'

/** One line per fact, short enough to read in a table. */
function brief(fact: RecordedFact): string {
  switch (fact.fact) {
    case 'requestHead':
      return `${fact.exchange} ${fact.method} ${fact.target} ${fact.framing}`
    case 'responseHead':
    case 'informational':
      return `${fact.exchange} ${fact.status} ${fact.framing}`
    case 'requestBody':
    case 'responseBody':
      return `${fact.exchange} ${fact.fact === 'requestBody' ? '>' : '<'} ${fact.body}`
    case 'requestTrailers':
    case 'responseTrailers':
      return `${fact.exchange} trailers ${fact.fields?.map((field) => field.join('=')).join()}`
    case 'requestEnd':
      return `${fact.exchange} >end`
    case 'responseEnd':
      return `${fact.exchange} <end`
    case 'upgrade':
      return `${fact.exchange} upgrade '${fact.protocol}'`
    case 'violation':
      return `${fact.exchange} ${fact.side} ${fact.code}`
    default:
      return `${fact.exchange} ${fact.reason}`
  }
}

interface Valid {
  readonly name: string
  readonly steps: readonly Step[]
  readonly facts: readonly string[]
}

const VALID: readonly Valid[] = [
  {
    name: 'GET, Content-Length',
    steps: [
      ['c:', GET],
      ['o:', OK],
    ],
    facts: ['0 GET / none', '0 >end', '0 200 length', '0 < hi', '0 <end', '0 completed'],
  },
  {
    name: 'POST, then another request',
    steps: [
      ['c:', 'POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'],
      ['o:', ok('')],
      ['c:', GET],
      ['o:', OK],
    ],
    facts: [
      ...['0 POST /a length', '0 > hello', '0 >end', '0 200 length', '0 <end', '0 completed'],
      ...['1 GET / none', '1 >end', '1 200 length', '1 < hi', '1 <end', '1 completed'],
    ],
  },
  {
    name: 'chunked both ways, with extensions and trailers',
    steps: [
      ['c:', 'PUT /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n5;x=y\r\nhello\r\n0;z\r\nDigest: q\r\n\r\n'],
      ['o:', `${CHUNKED}3\r\nfoo\r\n03;a="b c"\r\nbar\r\n000\r\nX: y\r\nZ:\r\n\r\n`],
    ],
    facts: [
      ...['0 PUT /a chunked', '0 > hello', '0 trailers Digest=q', '0 >end'],
      ...['0 200 chunked', '0 < foobar', '0 trailers X=y,Z=', '0 <end', '0 completed'],
    ],
  },
  {
    name: 'chunked upper-case hexadecimal, padded length',
    steps: [
      ['c:', 'POST / HTTP/1.1\r\nHost:\r\nContent-Length:   0003 \r\n\r\nabc'],
      ['o:', `${CHUNKED}A\r\n0123456789\r\n0\r\n\r\n`],
    ],
    facts: ['0 POST / length', '0 > abc', '0 >end', '0 200 chunked', '0 < 0123456789', '0 <end', '0 completed'],
  },
  {
    name: 'close-delimited response',
    steps: [['c:', GET], ['o:', 'HTTP/1.1 200 OK\r\n\r\nuntil the end'], ['o!']],
    facts: ['0 GET / none', '0 >end', '0 200 close', '0 < until the end', '0 <end', '0 completed'],
  },
  {
    name: 'HTTP/1.0 without keep-alive',
    steps: [['c:', 'GET / HTTP/1.0\r\n\r\n'], ['o:', 'HTTP/1.0 200 OK\r\n\r\nold'], ['o!'], ['c!']],
    facts: ['0 GET / none', '0 >end', '0 200 close', '0 < old', '0 <end', '0 completed'],
  },
  {
    name: 'HTTP/1.0 with keep-alive',
    steps: [
      ['c:', 'GET /1 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n'],
      ['o:', 'HTTP/1.0 200 OK\r\nConnection: x, keep-alive\r\nContent-Length: 1\r\n\r\na'],
      ['c:', 'GET /2 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'],
      ['o:', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nb'],
    ],
    facts: [
      ...['0 GET /1 none', '0 >end', '0 200 length', '0 < a', '0 <end', '0 completed'],
      ...['1 GET /2 none', '1 >end', '1 200 length', '1 < b', '1 <end', '1 completed'],
    ],
  },
  {
    name: '100-continue and 103, then the answer',
    steps: [
      ['c:', 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n'],
      ['o:', 'HTTP/1.1 100 Continue\r\n\r\n'],
      ['c:', 'hi'],
      ['o:', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${OK}`],
    ],
    facts: ['0 POST / length', '0 100 none', '0 > hi', '0 >end', '0 103 none', '0 200 length', '0 < hi', '0 <end', '0 completed'],
  },
  {
    name: 'bodiless: HEAD, 204 with length 0, 304 with length, HEAD chunked',
    steps: [
      ['c:', HEAD],
      ['o:', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
      ['c:', GET],
      ['o:', 'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n'],
      ['c:', GET],
      ['o:', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n'],
      ['c:', HEAD],
      ['o:', CHUNKED],
    ],
    facts: [200, 204, 304, 200].flatMap((status, n) => {
      const method = status === 200 ? 'HEAD' : 'GET'
      return [`${n} ${method} / none`, `${n} >end`, `${n} ${status} none`, `${n} <end`, `${n} completed`]
    }),
  },
  {
    name: 'pipelined',
    steps: [
      ['c:', get('/1') + HEAD + get('/3')],
      ['o:', `${ok('one')}HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n${ok('three')}`],
    ],
    facts: [
      ...['0 GET /1 none', '0 >end', '1 HEAD / none', '1 >end', '2 GET /3 none', '2 >end'],
      ...['0 200 length', '0 < one', '0 <end', '0 completed', '1 200 none', '1 <end', '1 completed'],
      ...['2 200 length', '2 < three', '2 <end', '2 completed'],
    ],
  },
  {
    name: 'early response, then the rest of the request',
    steps: [
      ['c:', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab'],
      ['o:', 'HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n'],
      ['c:', `cd${GET}`],
      ['o:', OK],
    ],
    facts: [
      ...['0 POST / length', '0 > abcd', '0 413 length', '0 <end', '0 >end', '0 completed'],
      ...['1 GET / none', '1 >end', '1 200 length', '1 < hi', '1 <end', '1 completed'],
    ],
  },
  {
    name: 'early response, request given up',
    steps: [
      ['c:', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab'],
      ['o:', 'HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n'],
      ['o!'],
      ['c!'],
    ],
    facts: ['0 POST / length', '0 > ab', '0 413 length', '0 <end', '0 completed'],
  },
  {
    name: 'empty lines before requests; status without phrase or space',
    steps: [
      ['c:', `\r\n\r\n${GET}`],
      ['o:', 'HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n'],
      ['c:', `\r\n${GET}`],
      ['o:', OK],
    ],
    facts: [
      ...['0 GET / none', '0 >end', '0 200 length', '0 <end', '0 completed'],
      ...['1 GET / none', '1 >end', '1 200 length', '1 < hi', '1 <end', '1 completed'],
    ],
  },
  {
    name: 'odd but valid heads',
    steps: [
      ['c:', 'M-SEARCH http://b.example:80/x?y=z HTTP/1.1\r\nHost: a\r\nX:\r\nY: \t v\xe9 w \t\r\n!#$%: ,,\r\n\r\n'],
      ['o:', `HTTP/1.1 299 \xe9t\xe9\r\nContent-Length: 0\r\n\r\n`],
      ['c:', 'OPTIONS * HTTP/1.1\r\nHost: [::1]:8080\r\n\r\n'],
      ['o:', 'HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n'],
    ],
    facts: [
      ...['0 M-SEARCH http://b.example:80/x?y=z none', '0 >end', '0 299 length', '0 <end', '0 completed'],
      ...['1 OPTIONS * none', '1 >end', '1 999 length', '1 <end', '1 completed'],
    ],
  },
  {
    name: 'an upgrade that the origin ignores',
    steps: [
      ['c:', get('/', 'Connection: Upgrade\r\nUpgrade: h2c\r\n') + get('/2')],
      ['o:', OK],
      ['o:', OK],
    ],
    facts: [
      ...['0 GET / none', '0 >end', '0 200 length', '0 < hi', '0 <end', '0 completed'],
      ...['1 GET /2 none', '1 >end', '1 200 length', '1 < hi', '1 <end', '1 completed'],
    ],
  },
  {
    name: 'a 101, and unread octets both ways',
    steps: [
      ['c:', `${get('/chat', 'Connection: Upgrade\r\nUpgrade: WebSocket\r\n')}early`],
      ['o:', 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: upgrade\r\n\r\nfirst'],
      ['c:', '\0\n\x01'],
      ['o:', 'HTTP/1.1 nonsense\n'],
      ['c!'],
      ['o!'],
    ],
    facts: ['0 GET /chat none', '0 >end', '0 101 none', '0 <end', "0 upgrade 'websocket'", '0 completed'],
  },
  {
    name: 'CONNECT refused, then accepted',
    steps: [
      ['c:', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n'],
      ['o:', 'HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 2\r\n\r\nno'],
      ['c:', 'CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n\x16\x03\x01'],
      ['o:', 'HTTP/1.1 200 Connection established\r\n\r\n'],
      ['o:', '\x16\x03\x03'],
    ],
    facts: [
      ...['0 CONNECT a:443 none', '0 >end', '0 407 length', '0 < no', '0 <end', '0 completed'],
      ...['1 CONNECT a:443 none', '1 >end', '1 200 none', '1 <end', "1 upgrade ''", '1 completed'],
    ],
  },
  {
    name: 'client half-closes behind its request',
    steps: [['c:', GET], ['c!'], ['o:', OK], ['o!']],
    facts: ['0 GET / none', '0 >end', '0 200 length', '0 < hi', '0 <end', '0 completed'],
  },
]

for (const { name, steps, facts } of VALID) {
  t.test(name, async (t) => {
    const whole = runScript(steps, PLAIN)
    t.same(whole.recorder.facts.map(brief), facts)
    t.equal(whole.relay.toOrigin, sentBy('c:', steps))
    t.equal(whole.relay.toClient, sentBy('o:', steps))
    t.equal(whole.relay.close, undefined)
    let splits = 0
    let different: unknown
    const expected = observed(whole)
    for (const ran of everySplit(steps, PLAIN)) {
      splits++
      if (!isDeepStrictEqual(observed(ran), expected)) different ??= observed(ran)
    }
    t.same(different, undefined, `the same in ${splits} splits`)
  })
}

t.test('abort ends every open exchange once, with its reason', async (t) => {
  const recorder = new HttpRecorder()
  const layer = new Http1Layer({ handler: recorder })
  const relay = new LayerRelay(layer)
  relay.feed(CLIENT, get('/1') + get('/2') + HALF_POST)
  relay.feed(ORIGIN, OK)
  layer.abort('client_reset')
  layer.abort('idle_timeout')
  t.same(recorder.ends, ['0:completed', '1:client_reset', '2:client_reset'])
})

t.test('a message that is whole in its read passes without a plan', async (t) => {
  const relay = new LayerRelay(new Http1Layer({ handler: new HttpRecorder() }))
  for (let n = 0; n < 3; n++) {
    relay.feed(CLIENT, GET)
    relay.feed(ORIGIN, OK)
  }
  relay.feed(CLIENT, HALF_POST)
  relay.feed(CLIENT, 'cd')
  relay.feed(ORIGIN, `${CHUNKED}3\r\nab`)
  relay.feed(ORIGIN, 'c\r\n0\r\n\r\n')
  t.equal(relay.passes, 10)
})

t.test('at the bound of pipelined exchanges the client waits', async (t) => {
  const recorder = new HttpRecorder()
  const relay = new LayerRelay(new Http1Layer({ handler: recorder, pipelined: 2 }))
  relay.feed(CLIENT, get('/1') + get('/2') + get('/3') + get('/4'))
  t.equal(relay.toOrigin, get('/1') + get('/2'))
  t.ok(relay.paused[CLIENT])
  relay.fin(CLIENT)
  relay.feed(ORIGIN, OK)
  t.equal(relay.toOrigin, get('/1') + get('/2') + get('/3'))
  t.ok(relay.paused[CLIENT])
  relay.feed(ORIGIN, OK + OK)
  t.equal(relay.toOrigin, get('/1') + get('/2') + get('/3') + get('/4'))
  t.notOk(relay.paused[CLIENT])
  t.ok(relay.ended[ORIGIN], 'the FIN behind it is relayed')
  relay.feed(ORIGIN, OK)
  t.same(recorder.ends, ['0:completed', '1:completed', '2:completed', '3:completed'])
})
