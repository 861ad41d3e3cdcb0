/**
 * Http1Layer: conversations that end in the middle of a message, or go on where they must not: each exchange ends once, with
 * its reason, the same in every split.
 */

import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { Http1Layer } from '../../../../src/workers/layers/http1/http1-layer.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { everySplit, observed, runScript, type Step } from '../../../support/octets/conversation-script.ts'
import { CHUNKED, GET, get, HALF_POST, OK, ok, PLAIN, sentBy } from '../../../support/octets/http1-messages.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

interface Ended {
  readonly name: string
  readonly steps: readonly Step[]
  readonly ends: readonly string[]
  readonly violations?: readonly string[]
  readonly toOrigin?: string
  readonly toClient?: string
}

/** Conversations that end in the middle, or go on where they must not. */
const ENDED: readonly Ended[] = [
  { name: 'client ends in a head', steps: [['c:', 'GET / HT'], ['c!'], ['o!']], ends: ['0:client_closed_early'], toOrigin: '' },
  { name: 'client ends behind an empty line', steps: [['c:', '\r\n'], ['c!'], ['o!']], ends: [], toOrigin: '' },
  { name: 'client ends in a body', steps: [['c:', HALF_POST], ['c!'], ['o!']], ends: ['0:client_closed_early'] },
  { name: 'client ends in a body, origin answers', steps: [['c:', HALF_POST], ['c!'], ['o:', OK]], ends: ['0:client_closed_early'] },
  {
    name: 'origin ends before answering',
    steps: [['c:', get('/1') + get('/2')], ['o!']],
    ends: ['0:upstream_closed_early', '1:upstream_closed_early'],
  },
  { name: 'origin ends in a head', steps: [['c:', GET], ['o:', 'HTTP/1.1 2'], ['o!']], ends: ['0:upstream_closed_early'], toClient: '' },
  { name: 'origin ends in a body', steps: [['c:', GET], ['o:', OK.slice(0, -1)], ['o!']], ends: ['0:upstream_closed_early'] },
  { name: 'origin ends in chunks', steps: [['c:', GET], ['o:', `${CHUNKED}3\r\nab`], ['o!']], ends: ['0:upstream_closed_early'] },
  {
    name: 'origin ends in trailers',
    steps: [['c:', GET], ['o:', `${CHUNKED}0\r\nA: b`], ['o!']],
    ends: ['0:upstream_closed_early'],
    toClient: `${CHUNKED}0\r\n`,
  },
  {
    name: 'origin ends while the request is sent',
    steps: [['c:', HALF_POST], ['o!'], ['c:', `cd${GET}`], ['c!']],
    ends: ['0:upstream_closed_early'],
    toOrigin: `${HALF_POST}cd`,
  },
  {
    name: 'pipelined behind a close-delimited response',
    steps: [['c:', get('/1') + get('/2')], ['o:', 'HTTP/1.1 200 OK\r\n\r\nx'], ['o!']],
    ends: ['0:completed', '1:upstream_closed_early'],
  },
  {
    name: 'pipelined behind Connection: close',
    steps: [['c:', get('/1') + get('/2')], ['o:', ok('', 'Connection: close\r\n')], ['o!']],
    ends: ['0:completed', '1:upstream_closed_early'],
  },
  {
    name: 'octets behind a response that closes',
    steps: [
      ['c:', GET],
      ['o:', `${ok('', 'Connection: close\r\n')}HTTP/1.1 200 OK\r\n\r\n`],
    ],
    ends: ['0:completed', '1:protocol_violation'],
    violations: ['http1_unexpected_response'],
    toClient: ok('', 'Connection: close\r\n'),
  },
  {
    name: 'a response without a request',
    steps: [['o:', 'HTTP/1.1 408 Timeout\r\n\r\n']],
    ends: ['0:protocol_violation'],
    violations: ['http1_unexpected_response'],
    toClient: '',
  },
  {
    name: 'a second response',
    steps: [
      ['c:', GET],
      ['o:', OK + OK],
    ],
    ends: ['0:completed', '1:protocol_violation'],
    violations: ['http1_unexpected_response'],
    toClient: OK,
  },
  {
    name: 'a second response while the request is sent',
    steps: [
      ['c:', HALF_POST],
      ['o:', OK + OK],
    ],
    ends: ['1:protocol_violation', '0:protocol_violation'],
    violations: ['http1_unexpected_response'],
    toClient: OK,
  },
  {
    name: 'a request behind Connection: close',
    steps: [
      ['c:', `${get('/', 'Connection: close\r\n')}\r\n${GET}`],
      ['o:', OK],
    ],
    ends: ['1:protocol_violation', '0:completed'],
    violations: ['http1_data_after_close'],
    toOrigin: get('/', 'Connection: close\r\n'),
  },
  {
    name: 'a request behind an HTTP/1.0 one',
    steps: [['c:', `GET / HTTP/1.0\r\n\r\n${GET}`], ['o:', 'HTTP/1.0 200 OK\r\n\r\n'], ['o!']],
    ends: ['1:protocol_violation', '0:completed'],
    violations: ['http1_data_after_close'],
    toOrigin: 'GET / HTTP/1.0\r\n\r\n',
  },
  {
    name: 'empty lines behind Connection: close',
    steps: [
      ['c:', `${get('/', 'Connection: close\r\n')}\r\n\r\n`],
      ['o:', OK],
    ],
    ends: ['0:completed'],
    toOrigin: get('/', 'Connection: close\r\n'),
  },
  {
    name: 'a bad chunk in an upload that was being answered',
    steps: [
      ['c:', 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'],
      ['o:', OK.slice(0, -1)],
      ['c:', 'z'],
    ],
    ends: ['0:protocol_violation'],
    violations: ['http1_bad_chunk_size'],
    toOrigin: 'POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n',
    toClient: OK.slice(0, -1),
  },
]

for (const { name, steps, ends, violations = [], toOrigin = sentBy('c:', steps), toClient = sentBy('o:', steps) } of ENDED) {
  t.test(name, async (t) => {
    const whole = runScript(steps, PLAIN)
    t.same(whole.recorder.ends, ends)
    t.same(whole.recorder.violations, violations)
    t.equal(whole.relay.toOrigin, toOrigin)
    t.equal(whole.relay.toClient, toClient)
    let different: unknown
    const expected = observed(whole)
    for (const ran of everySplit(steps, PLAIN)) {
      if (!isDeepStrictEqual(observed(ran), expected)) different ??= observed(ran)
    }
    t.same(different, undefined, 'the same in every split')
  })
}

/** A layer that answers the first request itself, 50 ms later. */
function answersLater(): { relay: LayerRelay; recorder: HttpRecorder; answer: Buffer } {
  const answer = Buffer.from('HTTP/1.1 529 Overloaded\r\nContent-Length: 4\r\n\r\nbusy')
  const respond = { kind: 'respond', response: answer, reason: 'fault_injected', delayMs: 50 } as const
  const recorder = new HttpRecorder({ request: (exchange) => (exchange === 0 ? respond : undefined) })
  const relay: LayerRelay = new LayerRelay(new Http1Layer({ handler: recorder, now: () => relay.now }))
  return { relay, recorder, answer }
}

t.test('an origin that is not asked and closes, be it for the client’s FIN, ends no answer whose time has not come', async (t) => {
  for (const halfCloses of [false, true]) {
    const { relay, recorder, answer } = answersLater()
    relay.feed(CLIENT, GET)
    if (halfCloses) relay.fin(CLIENT)
    relay.fin(ORIGIN)
    relay.advance(49)
    t.same([relay.toClient, relay.ended[CLIENT]], ['', false])
    relay.advance(1)
    t.same([relay.toClient, relay.ended[CLIENT]], [answer.toString(), true])
    t.same(recorder.ends, ['0:fault_injected'])
  }
  const { relay, recorder, answer } = answersLater()
  relay.feed(CLIENT, GET + get('/behind'))
  relay.fin(ORIGIN)
  relay.advance(50)
  t.same([relay.toClient, relay.toOrigin, relay.ended[CLIENT]], [answer.toString(), '', true], 'what is behind it cannot be asked')
  t.same(recorder.ends, ['0:fault_injected'])
})

t.test('a client that has closed, and whose session ends with an answer under way, has closed early', async (t) => {
  const recorder = new HttpRecorder()
  const relay = new LayerRelay(new Http1Layer({ handler: recorder }))
  relay.feed(CLIENT, GET)
  relay.feed(ORIGIN, OK.slice(0, -1))
  relay.fin(CLIENT)
  relay.layer.abort('relay_eof')
  t.same(recorder.ends, ['0:client_closed_early'])
})
