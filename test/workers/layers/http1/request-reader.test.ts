/**
 * RequestReader on its own, without an origin: what opens an exchange, what holds back the next request, what the client's
 * end means in each place, and where a refusal is written.
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { Conversation } from '../../../../src/workers/layers/http1/conversation.ts'
import { RequestReader } from '../../../../src/workers/layers/http1/request-reader.ts'
import { PASS } from '../../../../src/workers/layers/layer.ts'
import { Plan } from '../../../../src/workers/layers/plan.ts'
import { GET, get, HALF_POST } from '../../../support/octets/http1-messages.ts'
import { HttpRecorder, type Verdicts } from '../../../support/recorders/http-recorder.ts'

class Client {
  readonly recorder: HttpRecorder
  readonly conversation: Conversation
  readonly reader: RequestReader
  readonly plan = new Plan()
  toOrigin = ''

  constructor(verdicts: Verdicts = {}, pipelined = 2) {
    this.recorder = new HttpRecorder(verdicts)
    this.conversation = new Conversation(this.recorder, true, 1_000, 10, pipelined)
    this.reader = new RequestReader(this.conversation)
  }

  send(text: string): this {
    const outcome = this.reader.execute(Buffer.from(text, 'latin1'), this.plan)
    this.toOrigin += outcome === PASS ? text : Buffer.concat(this.plan.writes[ORIGIN].splice(0)).toString('latin1')
    return this
  }

  get toClient(): string {
    return Buffer.concat(this.plan.writes[CLIENT]).toString('latin1')
  }
}

t.test('a request becomes an exchange, marked by its method', async (t) => {
  const table: readonly (readonly [request: string, isHead: boolean, isConnect: boolean, maySwitch: boolean])[] = [
    [GET, false, false, false],
    ['HEAD / HTTP/1.1\r\nHost: a\r\n\r\n', true, false, false],
    ['CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n', false, true, true],
    [get('/', 'Upgrade: x\r\n'), false, false, true],
    ['GET / HTTP/1.0\r\nUpgrade: x\r\n\r\n', false, false, false],
  ]
  for (const [request, isHead, isConnect, maySwitch] of table) {
    const { conversation, toOrigin } = new Client().send(request)
    const { front } = conversation.exchanges
    t.match(front, { isHead, isConnect, maySwitch, forwarded: true, requestDone: true }, JSON.stringify(request))
    t.equal(toOrigin, request)
  }
})

t.test('what holds the next request back', async (t) => {
  const full = new Client({}, 1).send(GET + GET)
  t.equal(full.toOrigin, GET)
  t.ok(full.plan.pauses[CLIENT])
  t.notOk(full.reader.mayGoOn, 'the pipeline is full')
  full.conversation.exchanges.shift()
  t.ok(full.reader.mayGoOn)

  const upgrade = new Client().send(get('/', 'Upgrade: x\r\n')).send('unknown')
  t.notOk(upgrade.reader.mayGoOn, 'HTTP or not: the answer will say')
  t.equal(Buffer.from(upgrade.reader.held ?? []).toString(), 'unknown')
})

t.test('whether a request is the last (RFC 9112 §9.3)', async (t) => {
  const table: readonly (readonly [request: string, closes: boolean])[] = [
    [GET, false],
    [get('/', 'Connection: close\r\n'), true],
    ['GET / HTTP/1.0\r\n\r\n', true],
    ['GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n', false],
    ['GET / HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n', true],
  ]
  for (const [request, closes] of table) t.equal(new Client().send(request).reader.closes, closes, JSON.stringify(request))
})

t.test('the end of the client, in each place', async (t) => {
  const table: readonly (readonly [sent: string, ends: readonly string[], requestDone: boolean | undefined])[] = [
    ['', [], undefined],
    ['\r\n', [], undefined],
    ['GET /', ['0:client_closed_early'], undefined],
    [GET, [], true],
    [HALF_POST, [], true],
  ]
  for (const [sent, ends, requestDone] of table) {
    const client = new Client().send(sent)
    t.equal(client.reader.finish(client.plan), PASS)
    t.same(client.recorder.ends, ends, JSON.stringify(sent))
    t.equal(client.conversation.exchanges.front?.requestDone, requestDone)
    t.equal(client.conversation.exchanges.front?.reason, sent === HALF_POST ? 'client_closed_early' : undefined)
  }
})

t.test('a refusal is written at once where no answer is owed before it, else in its turn', async (t) => {
  const alone = new Client().send('GET / HTTP/1.1\r\n\r\n')
  t.match(alone.toClient, /^HTTP\/1\.1 400 .*http1_missing_host/s)
  t.equal(alone.toOrigin, '')
  t.match(alone.plan.close, { reason: 'protocol_violation' })
  const behind = new Client().send(`${GET}GET / HTTP/1.1\r\n\r\n`)
  t.equal(behind.toClient, '')
  t.equal(behind.toOrigin, GET)
  t.equal(behind.plan.close, undefined)
  t.match(behind.conversation.exchanges.back, { reason: 'protocol_violation', closesAfterReply: true, forwarded: false })
})

t.test('a verdict that answers keeps the request, body and all, from the origin', async (t) => {
  const response = Buffer.from('HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n')
  const client = new Client({ request: (exchange) => (exchange === 0 ? { kind: 'respond', response, reason: 'blocked' } : undefined) })
  client.send(`${HALF_POST}cd${GET}`)
  t.equal(client.toOrigin, GET)
  t.equal(client.toClient, response.toString())
  t.same(client.recorder.ends, ['0:blocked'])
})
