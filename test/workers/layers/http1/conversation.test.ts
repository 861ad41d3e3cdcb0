/** Conversation: exchanges end in order, once, with the reason that outranks; replies wait for their turn. */

import t from 'tap'
import { Conversation, type ReplyWriter } from '../../../../src/workers/layers/http1/conversation.ts'
import { Plan } from '../../../../src/workers/layers/plan.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

const REPLY = 'HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno'

function start(): { conversation: Conversation; recorder: HttpRecorder; replies: string[]; writer: ReplyWriter } {
  const recorder = new HttpRecorder()
  const replies: string[] = []
  const writer = { plan: new Plan(), reply: (octets: Uint8Array) => replies.push(Buffer.from(octets).toString()) }
  return { conversation: new Conversation(recorder, true, 1_000, 10, 4), recorder, replies, writer }
}

t.test('all four states of the front: it ends when both halves are over', async (t) => {
  for (const requestDone of [false, true]) {
    for (const responseDone of [false, true]) {
      const { conversation, recorder, writer } = start()
      Object.assign(conversation.exchanges.push(), { requestDone, responseDone })
      conversation.settle(writer)
      t.same(recorder.ends, requestDone && responseDone ? ['0:completed'] : [])
      t.equal(conversation.exchanges.length, requestDone && responseDone ? 0 : 1)
    }
  }
})

t.test('a reply waits behind the responses before it', async (t) => {
  const { conversation, recorder, replies, writer } = start()
  const first = conversation.exchanges.push()
  const second = conversation.exchanges.push()
  first.requestDone = second.requestDone = true
  Object.assign(second, { reply: Buffer.from(REPLY), reason: 'blocked', isHead: true })
  conversation.settle(writer)
  t.same(replies, [])
  first.responseDone = true
  conversation.settle(writer)
  t.same(replies, [REPLY.slice(0, -2)], 'without the body that HEAD must not get')
  t.same(recorder.ends, ['0:completed', '1:blocked'])
  t.equal(conversation.closed, false)
})

t.test('a reply that closes ends what is behind it', async (t) => {
  const { conversation, recorder, replies, writer } = start()
  const refused = conversation.exchanges.push()
  conversation.exchanges.push()
  Object.assign(refused, { requestDone: true, reply: Buffer.from(REPLY), reason: 'protocol_violation', closesAfterReply: true })
  conversation.settle(writer)
  t.same(replies, [REPLY])
  t.same(recorder.ends, ['0:protocol_violation', '1:protocol_violation'])
  t.ok(conversation.closed)
  t.match(writer.plan.close, { reason: 'protocol_violation', abrupt: false })
})

t.test('each end is told once', async (t) => {
  const { conversation, recorder, writer } = start()
  const exchange = conversation.exchanges.push()
  conversation.exchanges.push().reason = 'blocked'
  conversation.end(exchange, 'client_reset')
  conversation.end(exchange, 'completed')
  conversation.reset(writer.plan, 'idle_timeout')
  conversation.close(writer.plan, 'completed')
  t.same(recorder.ends, ['0:client_reset', '1:blocked'])
  t.match(writer.plan.close, { reason: 'idle_timeout', abrupt: true }, 'the first close counts')
  t.equal(conversation.exchanges.length, 0)
})
