/** Questions: an answer finds its question; none at all is told in time, and at the end. */

import t from 'tap'
import { Questions } from '../../src/aggregator/questions.ts'
import type { BypassAnswer, BypassRequest } from '../../src/shared/bypass.ts'

const LIST: BypassRequest = { kind: 'list' }
const ANSWER = { revoked: 0, bypasses: [] }

t.test('answers in any order, once', async (t) => {
  const asked: number[] = []
  const questions = new Questions<BypassRequest, BypassAnswer>((request) => asked.push(request))
  const first = questions.ask(LIST)
  const second = questions.ask(LIST)
  const [one = 0, two = 0] = asked
  questions.answer(two, { ...ANSWER, revoked: 2 })
  questions.answer(two, { ...ANSWER, revoked: 9 })
  questions.answer(one, ANSWER)
  questions.answer(77, ANSWER)
  t.equal((await first)?.revoked, 0)
  t.equal((await second)?.revoked, 2)
})

t.test('no answer in time, or at all', async (t) => {
  const slow = new Questions<BypassRequest, BypassAnswer>(() => undefined, 5)
  t.equal(await slow.ask(LIST), undefined)
  const ended = new Questions<BypassRequest, BypassAnswer>(() => undefined)
  const waiting = ended.ask(LIST)
  ended.end()
  t.equal(await waiting, undefined)
})
