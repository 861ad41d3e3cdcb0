/** operationsOf: attempts are put together rightly, one client or many at a time; waits are measured from the failure on. */

import t from 'tap'
import { AttemptLog } from '../../../src/cli/scenario/attempt-log.ts'
import { isFaulted, operationsOf, waitsOf } from '../../../src/cli/scenario/operation.ts'
import { ClientStory } from '../../support/client-story.ts'

const operations = (story: ClientStory) => {
  const log = new AttemptLog()
  for (const event of story.events) log.add(event)
  return operationsOf(log.attempts)
}
const shape = (story: ClientStory) => operations(story).map(({ attempts, outcome }) => [outcome, ...attempts.map(({ status }) => status)])

t.test('an attempt after a failure belongs to it, after a success it is something new', async (t) => {
  const story = new ClientStory().connection(
    { at: [0, 1, 2], status: 529 },
    { at: [500, 501, 502], status: 200 },
    { at: [600, 601, 602], status: 200 },
    { at: [700, 701, 702], status: 500 },
  )
  t.same(shape(story), [
    ['succeeded', 529, 200],
    ['succeeded', 200],
    ['gave_up', 500],
  ])
})

t.test('other hosts, methods and paths are other operations', async (t) => {
  const story = new ClientStory()
    .connection({ at: [0, 1, 2], status: 529 })
    .connection({ at: [10, 11, 12], status: 200, host: 'b.example' })
    .connection({ at: [20, 21, 22], status: 200, path: '/other' }, { at: [30, 31, 32], status: 200, method: 'GET' })
  t.equal(operations(story).length, 4)
})

t.test('several at a time: the one that has waited longest gets the attempt, and a counted first one begins anew', async (t) => {
  const story = new ClientStory()
    .connection({ at: [0, 5, 6], status: 529 }, { at: [1_000, 1_001, 1_002], status: 200 })
    .connection({ at: [1, 7, 8], status: 529 }, { at: [1_100, 1_101, 1_102], status: 200 })
  t.same(shape(story), [
    ['succeeded', 529, 200],
    ['succeeded', 529, 200],
  ])
  const counted = new ClientStory().connection(
    { at: [0, 1, 2], status: 529, fields: [['x-stainless-retry-count', '0']] },
    { at: [10, 11, 12], status: 200, fields: [['x-stainless-retry-count', '0']] },
  )
  t.same(shape(counted), [
    ['gave_up', 529],
    ['succeeded', 200],
  ])
})

t.test('a lost connection belongs to what is next asked of the host', async (t) => {
  const story = new ClientStory().lost([0, 5], 'fault_injected', { kind: 'refuse' }).connection({ at: [100, 101, 102], status: 200 })
  const [operation] = operations(story)
  t.equal(operation?.outcome, 'succeeded')
  t.same(
    operation?.attempts.map(({ method }) => method),
    ['CONNECT', 'POST'],
  )
  t.ok(operation !== undefined && isFaulted(operation))
  t.match(operation === undefined ? [] : waitsOf(operation), [{ waitedMs: 95, askedMs: undefined }])
})

t.test('waits are counted from the head of the failed response', async (t) => {
  const story = new ClientStory().connection(
    { at: [0, 10, 400], status: 429, response: [['retry-after-ms', '600']] },
    { at: [700, 701, 702], status: 200 },
  )
  t.same(operations(story).map(waitsOf), [[{ waitedMs: 690, askedMs: 600 }]])
})
