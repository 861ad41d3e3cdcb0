/**
 * Turns partition the messages of a connection in order; they end when the initiator speaks again, by idleness or by loss.
 */

import fc from 'fast-check'
import t from 'tap'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import { type Turn, TurnAggregator, type TurnEnd, type TurnHandler } from '../../../../src/workers/layers/websocket/turn-aggregator.ts'

class Recorder implements TurnHandler {
  readonly facts: object[] = []
  onTurnStarted(turn: Turn): void {
    this.facts.push({ started: turn.id, initiator: turn.initiator, at: turn.startedAt })
  }
  onTurnCompleted(turn: Turn, reason: TurnEnd, now: number): void {
    const { id, messages, bytes, firstSequence, lastSequence, startedAt, answeredAt, lastAt, initiator } = turn
    this.facts.push({
      id,
      initiator,
      messages: [...messages],
      bytes: [...bytes],
      firstSequence,
      lastSequence,
      startedAt,
      answeredAt,
      lastAt,
      reason,
      now,
    })
  }
}

t.test('a turn takes in the answer and ends when its initiator speaks again', async (t) => {
  const recorder = new Recorder()
  const turns = new TurnAggregator(recorder)
  turns.message(CLIENT, 10, 1)
  turns.message(CLIENT, 20, 2)
  turns.message(ORIGIN, 5, 3)
  turns.message(ORIGIN, 5, 4)
  turns.message(CLIENT, 1, 5)
  turns.close(9)
  turns.close(10)
  t.same(recorder.facts, [
    { started: 0, initiator: CLIENT, at: 1 },
    {
      id: 0,
      initiator: CLIENT,
      messages: [2, 2],
      bytes: [30, 10],
      firstSequence: 0,
      lastSequence: 3,
      startedAt: 1,
      answeredAt: 3,
      lastAt: 4,
      reason: 'next_turn',
      now: 5,
    },
    { started: 1, initiator: CLIENT, at: 5 },
    {
      id: 1,
      initiator: CLIENT,
      messages: [1, 0],
      bytes: [1, 0],
      firstSequence: 4,
      lastSequence: 4,
      startedAt: 5,
      answeredAt: -1,
      lastAt: 5,
      reason: 'close',
      now: 9,
    },
  ])
})

t.test('idle and loss', async (t) => {
  const recorder = new Recorder()
  const turns = new TurnAggregator(recorder)
  turns.flushIdle(0, 0)
  turns.lose(0)
  turns.message(ORIGIN, 1, 100)
  turns.flushIdle(149, 50)
  t.ok(turns.open)
  turns.flushIdle(150, 50)
  t.notOk(turns.open)
  turns.message(CLIENT, 1, 200)
  turns.lose(201)
  t.match(recorder.facts, [
    { started: 0, initiator: ORIGIN },
    { id: 0, reason: 'idle', now: 150 },
    { started: 1, initiator: CLIENT },
    { id: 1, reason: 'lost' },
  ])
})

t.test('property: turns partition the messages, in order', async (t) => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(0, 1), fc.nat(100)), { maxLength: 40 }), (messages) => {
      const recorder = new Recorder()
      const turns = new TurnAggregator(recorder)
      for (const [i, [side, size]] of messages.entries()) turns.message(side as Side, size, i)
      turns.close(messages.length)
      let next = 0
      let octets = 0
      for (const fact of recorder.facts as {
        id?: number
        firstSequence: number
        lastSequence: number
        bytes: number[]
        messages: number[]
      }[]) {
        if (fact.id === undefined) continue
        if (fact.firstSequence !== next || (fact.messages[0] as number) + (fact.messages[1] as number) !== fact.lastSequence - next + 1)
          return false
        next = fact.lastSequence + 1
        octets += (fact.bytes[0] as number) + (fact.bytes[1] as number)
      }
      return next === messages.length && octets === messages.reduce((sum, [, size]) => sum + size, 0)
    }),
  )
  t.pass('100 conversations')
})
