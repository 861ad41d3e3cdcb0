/**
 * Altered bodies in HTTP/1.1: what the receiver gets, in every split of what was sent: the framing by what came and who reads,
 * waits, early ends, cuts; and that the other exchanges of a pipeline are not touched.
 */

import t from 'tap'
import { CLIENT, ORIGIN, type Side } from '../../../../../src/shared/side.ts'
import type { BodyEdit } from '../../../../../src/workers/layers/http/body-mutator.ts'
import { Http1Layer } from '../../../../../src/workers/layers/http1/http1-layer.ts'
import { chunkings } from '../../../../support/chunkings.ts'
import { LayerRelay } from '../../../../support/harnesses/layer-relay.ts'
import { type Script, scriptedEdit, unchunked } from '../../../../support/octets/body-edits.ts'
import { CHUNKED, get, ok } from '../../../../support/octets/http1-messages.ts'
import { HttpRecorder, type Verdicts } from '../../../../support/recorders/http-recorder.ts'

type Ran = { readonly relay: LayerRelay; readonly recorder: HttpRecorder }

/** An edit for what `side` sends in exchange `edited`; the others pass. */
function run(edit: () => BodyEdit, side: Side = ORIGIN, edited = 0, more: Verdicts = {}): Ran {
  const verdicts: Verdicts = { ...more, edit: (exchange, sender) => (sender === side && exchange === edited ? edit() : undefined) }
  const recorder = new HttpRecorder(verdicts)
  const relay: LayerRelay = new LayerRelay(new Http1Layer({ handler: recorder, now: () => relay.now }))
  return { relay, recorder }
}

/** Runs `responses` through fresh layers in every split, behind `requests`. */
function* answered(
  edit: () => BodyEdit,
  requests: string,
  responses: string,
  after: (relay: LayerRelay) => void = () => {},
): Generator<Ran> {
  for (const chunks of chunkings(Buffer.from(responses, 'latin1'))) {
    const ran = run(edit)
    ran.relay.feed(CLIENT, requests)
    ran.relay.feedAll(ORIGIN, chunks)
    after(ran.relay)
    yield ran
  }
}

const SHOUT: Script = {}
const bodyOf = (recorder: HttpRecorder, exchange = 0) => recorder.of(exchange).find(({ fact }) => fact === 'responseBody')?.body ?? ''
const behindHead = (message: string) => message.slice(message.indexOf('\r\n\r\n') + 4)

t.test('a Content-Length becomes chunks', async (t) => {
  for (const { relay, recorder } of answered(() => scriptedEdit(SHOUT), get('/') + get('/2'), ok('hello', 'X: y\r\n') + ok('two'))) {
    const [first = '', second = ''] = relay.toClient.split(/(?<=\r\n0\r\n\r\n)/)
    t.match(first, /^HTTP\/1\.1 200 OK\r\nX: y\r\nTransfer-Encoding: chunked\r\n\r\n/)
    t.same(unchunked(behindHead(first)), { data: 'HELLO', rest: '\r\n', isComplete: true })
    t.equal(second, ok('two'), 'the next exchange is as it came')
    t.same(recorder.ends, ['0:completed', '1:completed'])
    t.equal(bodyOf(recorder), 'HELLO', 'what the client gets is told')
    t.equal(bodyOf(recorder, 1), 'two')
  }
})

t.test('chunks stay chunks, and trailers go behind them', async (t) => {
  const response = `${CHUNKED}3;ext=1\r\nabc\r\n2\r\nde\r\n0\r\nT: v\r\n\r\n`
  for (const { relay, recorder } of answered(() => scriptedEdit(SHOUT), get('/'), response)) {
    t.ok(relay.toClient.startsWith(CHUNKED))
    t.same(unchunked(behindHead(relay.toClient)), { data: 'ABCDE', rest: 'T: v\r\n\r\n', isComplete: true })
    t.same(recorder.of(0).find(({ fact }) => fact === 'responseTrailers')?.fields, [['T', 'v']])
  }
})

t.test('an edit that keeps the length keeps the head', async (t) => {
  for (const { relay } of answered(() => scriptedEdit(SHOUT, { keepsLength: true }), get('/'), ok('hello'))) {
    t.equal(relay.toClient, ok('HELLO'))
  }
})

t.test('HTTP/1.0 gets a body until the close', async (t) => {
  const request = 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
  for (const { relay, recorder } of answered(() => scriptedEdit(SHOUT), request, ok('hello', 'Connection: keep-alive\r\n'))) {
    t.equal(relay.toClient, 'HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nHELLO')
    t.match(relay.close, { reason: 'completed', abrupt: false })
    t.same(recorder.ends, ['0:completed'])
    t.equal(recorder.of(0).filter(({ fact }) => fact === 'responseEnd').length, 1)
  }
})

t.test('until the close stays so', async (t) => {
  const head = 'HTTP/1.1 200 OK\r\n\r\n'
  for (const { relay, recorder } of answered(
    () => scriptedEdit({ finish: (out) => out.write(Buffer.from('!')) }),
    get('/'),
    `${head}hello`,
    (relay) => relay.fin(ORIGIN),
  )) {
    t.equal(relay.toClient, `${head}HELLO!`)
    t.ok(relay.ended[CLIENT])
    t.same(recorder.ends, ['0:completed'])
  }
})

t.test('no body: nothing is altered, though an edit was there', async (t) => {
  const answers: readonly (readonly [string, string])[] = [
    ['HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n'],
    [get('/'), 'HTTP/1.1 204 No Content\r\n\r\n'],
    [get('/'), 'HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n'],
  ]
  for (const [request, response] of answers) {
    for (const { relay, recorder } of answered(
      () => scriptedEdit({ finish: () => t.fail('there is no body') }),
      request + get('/2'),
      response + ok('two'),
    )) {
      t.equal(relay.toClient, response + ok('two'))
      t.same(recorder.ends, ['0:completed', '1:completed'])
    }
  }
})

t.test('what is delayed waits, and all behind it', async (t) => {
  const script: Script = { '-': (out) => out.delay(100), finish: (out) => out.delay(50) }
  for (const { relay, recorder } of answered(() => scriptedEdit(script), get('/') + get('/2'), ok('ab-cd') + ok('two'))) {
    t.equal(unchunked(behindHead(relay.toClient)).data, 'AB')
    relay.advance(99)
    t.equal(unchunked(behindHead(relay.toClient)).data, 'AB')
    relay.advance(1)
    t.same(unchunked(behindHead(relay.toClient)), { data: 'ABCD', rest: '', isComplete: false })
    t.same(recorder.ends, [])
    relay.advance(49)
    t.notOk(unchunked(behindHead(relay.toClient)).isComplete)
    relay.advance(1)
    t.ok(relay.toClient.endsWith(`0\r\n\r\n${ok('two')}`))
    t.same(recorder.ends, ['0:completed', '1:completed'])
    t.same(relay.paused, [false, false])
    t.equal(relay.layer.wakeAt, Number.POSITIVE_INFINITY)
  }
})

t.test('a delayed head, with and without a body', async (t) => {
  for (const response of [ok('hello'), 'HTTP/1.1 204 No Content\r\n\r\n']) {
    for (const { relay, recorder } of answered(
      () => scriptedEdit(SHOUT, { headDelayMs: 30, keepsLength: true }),
      get('/') + get('/2'),
      response + ok('two'),
    )) {
      relay.advance(29)
      t.equal(relay.toClient, '')
      t.same(recorder.ends, [])
      relay.advance(1)
      t.equal(relay.toClient, response.replace('hello', 'HELLO') + ok('two'))
      t.same(recorder.ends, ['0:completed', '1:completed'])
    }
  }
})

t.test('a fill sends its filler until it is over', async (t) => {
  const script: Script = { '-': (out) => out.fill(100, 30, Buffer.from(':')) }
  for (const { relay } of answered(() => scriptedEdit(script), get('/'), ok('a-b'))) {
    relay.advance(99)
    t.equal(unchunked(behindHead(relay.toClient)).data, 'A:::')
    relay.advance(1)
    t.same(unchunked(behindHead(relay.toClient)), { data: 'A:::B', rest: '\r\n', isComplete: true })
  }
})

t.test('the origin closes while its last octets wait', async (t) => {
  const script: Script = { '-': (out) => out.delay(100) }
  for (const { relay, recorder } of answered(
    () => scriptedEdit(script),
    get('/'),
    'HTTP/1.1 200 OK\r\n\r\nab-cd',
    (relay) => relay.fin(ORIGIN),
  )) {
    t.notOk(relay.ended[CLIENT])
    relay.advance(100)
    t.equal(behindHead(relay.toClient), 'ABCD')
    t.ok(relay.ended[CLIENT])
    t.same(recorder.ends, ['0:completed'])
  }
})

t.test('an early end: the rest is dropped, the connection goes on', async (t) => {
  const script: Script = { '!': (out) => out.end(Buffer.from('T: v\r\n')) }
  for (const { relay, recorder } of answered(() => scriptedEdit(script), get('/') + get('/2'), ok('ab!cd') + ok('two'))) {
    t.ok(relay.toClient.endsWith(`0\r\nT: v\r\n\r\n${ok('two')}`))
    t.equal(bodyOf(recorder), 'AB')
    t.same(recorder.ends, ['0:fault_injected', '1:completed'])
    t.equal(relay.close, undefined)
  }
})

t.test('an early end of a body that does not end: the connection closes', async (t) => {
  const script: Script = { '!': (out) => out.end() }
  const { relay, recorder } = run(() => scriptedEdit(script))
  relay.feed(CLIENT, get('/'))
  relay.feed(ORIGIN, `${CHUNKED}3\r\nab!\r\n`)
  t.same(unchunked(behindHead(relay.toClient)), { data: 'AB', rest: '\r\n', isComplete: true })
  relay.feed(ORIGIN, '2\r\ncd\r\n')
  t.equal(relay.close, undefined)
  relay.advance(1_000)
  t.match(relay.close, { reason: 'fault_injected', abrupt: false })
  t.same(recorder.ends, ['0:fault_injected'])

  const long = run(() => scriptedEdit(script))
  long.relay.feed(CLIENT, get('/'))
  const tooLong = ok(`ab!${'x'.repeat(65_538)}`)
  long.relay.feed(ORIGIN, tooLong.slice(0, -65_538))
  long.relay.feed(ORIGIN, tooLong.slice(-65_538, -1))
  t.match(long.relay.close, { reason: 'fault_injected', abrupt: false })
})

t.test('cuts: the close is that of a fault, orderly or abrupt, at once or later', async (t) => {
  for (const how of ['fin', 'reset'] as const) {
    for (const delay of [0, 10]) {
      const script: Script = {
        '!': (out) => {
          if (delay > 0) out.delay(delay)
          out.cut(how)
        },
      }
      for (const { relay, recorder } of answered(() => scriptedEdit(script), get('/') + get('/2'), ok('ab!cd') + ok('two'))) {
        t.equal(relay.close === undefined, delay > 0)
        relay.advance(delay)
        t.same(unchunked(behindHead(relay.toClient)), { data: 'AB', rest: '', isComplete: false })
        t.match(relay.close, { reason: 'fault_injected', abrupt: how === 'reset' })
        t.same(recorder.ends, ['0:fault_injected', '1:fault_injected'])
      }
    }
  }
})

t.test('raw octets pass the framing', async (t) => {
  const script: Script = { '!': (out) => out.writeRaw(Buffer.from('zz\r\n')) }
  for (const { relay } of answered(() => scriptedEdit(script), get('/'), ok('ab!'))) {
    t.ok(behindHead(relay.toClient).includes('zz\r\n'))
    t.throws(() => unchunked(behindHead(relay.toClient)), /no chunk/)
  }
})

t.test('request bodies, in a pipeline', async (t) => {
  const post = (path: string, body: string) => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: ${body.length}\r\n\r\n${body}`
  const script: Script = { '-': (out) => out.delay(10) }
  for (const chunks of chunkings(Buffer.from(post('/1', 'one') + post('/2', 'a-b') + post('/3', 'three'), 'latin1'))) {
    const { relay, recorder } = run(() => scriptedEdit(script), CLIENT, 1)
    relay.feedAll(CLIENT, chunks)
    relay.advance(10)
    const [first, second = '', third] = relay.toOrigin.split(/(?=POST)/)
    t.equal(first, post('/1', 'one'))
    t.match(second, /^POST \/2 HTTP\/1\.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n/)
    t.same(unchunked(behindHead(second)), { data: 'AB', rest: '\r\n', isComplete: true })
    t.equal(third, post('/3', 'three'))
    relay.feed(ORIGIN, ok('1') + ok('2') + ok('3'))
    t.same(recorder.ends, ['0:completed', '1:completed', '2:completed'])
    t.equal(relay.toClient, ok('1') + ok('2') + ok('3'))
  }
})

t.test('answers of ours that wait, in their turn', async (t) => {
  const answer = Buffer.from('HTTP/1.1 529 Overloaded\r\nContent-Length: 4\r\n\r\nbusy')
  const respond = { kind: 'respond', response: answer, reason: 'fault_injected', delayMs: 40 } as const
  const requests = get('/1') + get('/2') + get('/3')
  for (const chunks of chunkings(Buffer.from(requests, 'latin1'))) {
    const { relay, recorder } = run(() => scriptedEdit(SHOUT), ORIGIN, 9, { request: (exchange) => (exchange === 1 ? respond : undefined) })
    relay.feedAll(CLIENT, chunks)
    t.equal(relay.toOrigin, get('/1'), 'what follows the answer waits with it')
    relay.feed(ORIGIN, ok('one'))
    relay.advance(39)
    t.equal(relay.toClient, ok('one'))
    relay.advance(1)
    t.equal(relay.toClient, ok('one') + answer)
    t.equal(relay.toOrigin, get('/1') + get('/3'))
    relay.feed(ORIGIN, ok('three'))
    t.equal(relay.toClient, ok('one') + answer + ok('three'))
    t.same(recorder.ends, ['0:completed', '1:fault_injected', '2:completed'])
  }
  for (const chunks of chunkings(Buffer.from(ok('one') + ok('two'), 'latin1'))) {
    const { relay, recorder } = run(() => scriptedEdit(SHOUT), ORIGIN, 9, {
      response: (exchange) => (exchange === 0 ? respond : undefined),
    })
    relay.feed(CLIENT, get('/1') + get('/2'))
    relay.feedAll(ORIGIN, chunks)
    relay.advance(39)
    t.equal(relay.toClient, '')
    relay.advance(1)
    t.equal(relay.toClient, answer + ok('two'))
    t.same(recorder.ends, ['0:fault_injected', '1:completed'])
  }
})
