/**
 * ResponseReader on its own: which exchange a response belongs to, what it may be by what it answers, and what the origin's
 * end cuts.
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { Conversation } from '../../../../src/workers/layers/http1/conversation.ts'
import type { Exchange } from '../../../../src/workers/layers/http1/exchange-queue.ts'
import { ResponseReader } from '../../../../src/workers/layers/http1/response-reader.ts'
import { PASS } from '../../../../src/workers/layers/layer.ts'
import { Plan } from '../../../../src/workers/layers/plan.ts'
import { CHUNKED, OK } from '../../../support/octets/http1-messages.ts'
import { HttpRecorder, type Verdicts } from '../../../support/recorders/http-recorder.ts'

class Origin {
  readonly recorder: HttpRecorder
  readonly conversation: Conversation
  readonly reader: ResponseReader
  readonly plan = new Plan()
  toClient = ''

  constructor(verdicts: Verdicts = {}) {
    this.recorder = new HttpRecorder(verdicts)
    this.conversation = new Conversation(this.recorder, true, 1_000, 10, 8)
    this.reader = new ResponseReader(this.conversation)
  }

  /** A whole request that was forwarded. */
  asked(more: Partial<Exchange> = {}): this {
    Object.assign(this.conversation.exchanges.push(), { forwarded: true, requestDone: true, ...more })
    return this
  }

  send(text: string): this {
    const outcome = this.reader.execute(Buffer.from(text, 'latin1'), this.plan)
    this.toClient += outcome === PASS ? text : Buffer.concat(this.plan.writes[CLIENT].splice(0)).toString('latin1')
    return this
  }
}

t.test('responses belong to the requests in their order', async (t) => {
  const origin = new Origin().asked().asked({ isHead: true }).asked()
  origin.send(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n${OK}`)
  t.same(origin.recorder.ends, ['0:completed', '1:completed', '2:completed'])
  t.equal(origin.plan.writes[ORIGIN].length, 0)
})

t.test('octets that answer no request', async (t) => {
  const table: readonly (readonly [name: string, origin: Origin])[] = [
    ['none was asked', new Origin()],
    ['not forwarded yet', new Origin().asked({ forwarded: false })],
    ['answered already', new Origin().asked({ requestDone: false }).send(OK)],
    ['behind the last response', new Origin().asked().asked().send('HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')],
  ]
  for (const [name, origin] of table) {
    const before = origin.toClient
    origin.send('HTTP/1.1 408 Timeout\r\n\r\n')
    t.same(origin.recorder.violations, ['http1_unexpected_response'], name)
    t.match(origin.plan.close, { reason: 'protocol_violation', abrupt: false }, name)
    t.equal(origin.toClient, before, `${name}: nothing of it goes on`)
  }
})

t.test('whether a response is the last (RFC 9112 §9.3)', async (t) => {
  const table: readonly (readonly [head: string, closes: boolean])[] = [
    ['HTTP/1.1 204 x\r\n', false],
    ['HTTP/1.1 204 x\r\nConnection: close\r\n', true],
    ['HTTP/1.0 304 x\r\n', true],
    ['HTTP/1.0 304 x\r\nConnection: keep-alive\r\n', false],
    ['HTTP/1.1 103 x\r\nConnection: close\r\n', false],
  ]
  for (const [head, closes] of table) t.equal(new Origin().asked().send(`${head}\r\n`).reader.closes, closes, JSON.stringify(head))
})

t.test('a switch of protocols needs to have been asked for', async (t) => {
  const head = 'HTTP/1.1 101 x\r\nUpgrade: WebSocket\r\n\r\n'
  const asked = new Origin().asked({ maySwitch: true }).send(head)
  t.ok(asked.conversation.switched)
  t.match(
    asked.recorder.facts.find(({ fact }) => fact === 'upgrade'),
    { protocol: 'websocket' },
  )
  for (const more of [{}, { maySwitch: true, isConnect: true }]) {
    const unasked = new Origin().asked(more).send(head)
    t.same(unasked.recorder.violations, ['http1_unasked_upgrade'])
    t.match(unasked.toClient, /^HTTP\/1\.1 502 /)
    t.notOk(unasked.conversation.switched)
  }
  t.ok(new Origin().asked({ maySwitch: true, isConnect: true }).send('HTTP/1.1 200 x\r\n\r\n').conversation.switched, 'CONNECT')
})

t.test('the end of the origin, in each place', async (t) => {
  const early = '0:upstream_closed_early'
  const table: readonly (readonly [name: string, origin: Origin, ends: readonly string[]])[] = [
    ['before any request', new Origin(), []],
    ['before the answer', new Origin().asked(), [early]],
    ['in a head', new Origin().asked().send('HTTP/1.1 2'), [early]],
    ['in a body', new Origin().asked().send(OK.slice(0, -1)), [early]],
    ['in chunks', new Origin().asked().send(`${CHUNKED}5\r\nab`), [early]],
    ['behind an answer', new Origin().asked().send(OK), ['0:completed']],
    ['of a close-delimited answer', new Origin().asked().send('HTTP/1.1 200 OK\r\n\r\nab'), ['0:completed']],
    ['behind an early answer', new Origin().asked({ requestDone: false }).send(OK), []],
  ]
  for (const [name, origin, ends] of table) {
    origin.reader.finish(new Plan())
    t.same(origin.recorder.ends, ends, name)
    t.ok(origin.conversation.originFinished)
  }
})

t.test('a verdict puts our answer in the place of the response', async (t) => {
  const response = Buffer.from('HTTP/1.1 451 No\r\nContent-Length: 2\r\n\r\nno')
  const verdicts: Verdicts = { response: (exchange) => (exchange === 0 ? { kind: 'respond', response, reason: 'blocked' } : undefined) }
  const origin = new Origin(verdicts)
    .asked()
    .asked()
    .send(OK + OK)
  t.equal(origin.toClient, response.toString() + OK)
  t.same(origin.recorder.ends, ['0:blocked', '1:completed'])
})

t.test('a broken response: 502 in its place, or cut', async (t) => {
  const fresh = new Origin().asked().send('HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n')
  t.match(fresh.toClient, /^HTTP\/1\.1 502 Bad Gateway\r\n/)
  t.match(fresh.plan.close, { reason: 'protocol_violation', abrupt: false })
  const begun = new Origin().asked().send(CHUNKED).send('zz\r\n')
  t.equal(begun.toClient, CHUNKED)
  t.match(begun.plan.close, { reason: 'protocol_violation', abrupt: true }, 'the client must not take it for whole')
})
