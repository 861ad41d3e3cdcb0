/** AttemptLog: exchanges and lost connections become attempts; faults go where they belong; what is late is left out. */

import t from 'tap'
import { AttemptLog } from '../../../src/cli/scenario/attempt-log.ts'
import { ClientStory } from '../../support/client-story.ts'

const logOf = (story: ClientStory, from = 0): AttemptLog => {
  const log = new AttemptLog()
  for (const event of story.events.slice(from)) log.add(event)
  return log
}

t.test('exchanges', async (t) => {
  const log = logOf(
    new ClientStory().connection(
      {
        at: [10, 20, 30],
        path: '/a?b=1',
        status: 529,
        response: [['retry-after', '1']],
        fault: { kind: 'respond', profile: 'anthropic:529' },
      },
      { at: [1_040, 1_050, 1_060], path: '/a?b=2', status: 200 },
    ),
  )
  t.match(log.attempts, [
    {
      method: 'POST',
      host: 'a.example',
      path: '/a',
      startMs: 10,
      answeredMs: 20,
      endMs: 30,
      status: 529,
      retryAfterMs: 1_000,
      faults: [{ profile: 'anthropic:529' }],
    },
    { path: '/a', startMs: 1_040, status: 200, faults: [] },
  ])
  t.equal(log.faults.length, 1)
  t.equal(log.ended, 2)
  t.equal(log.open, 0)
})

t.test('connections without a request count where they failed', async (t) => {
  const story = new ClientStory()
  story.lost([0, 5], 'fault_injected', { kind: 'refuse' })
  story.lost([6, 7], 'tls_handshake_failed')
  story.lost([8, 9], 'relay_eof')
  story.lost([10, 11], 'client_reset')
  t.match(logOf(story).attempts, [
    { method: 'CONNECT', path: '', startMs: 0, endMs: 5, reason: 'fault_injected', faults: [{ kind: 'refuse' }] },
    { method: 'CONNECT', reason: 'tls_handshake_failed', faults: [] },
  ])
  t.equal(logOf(story).attempts.length, 2)
})

t.test('a fault told before its request, and one of an earlier phase', async (t) => {
  const story = new ClientStory().connection({ at: [0, 1, 2], status: 500, fault: { kind: 'respond' } })
  const swapped = [...story.events]
  swapped.splice(1, 2, ...story.events.slice(1, 3).reverse())
  const log = new AttemptLog()
  for (const event of swapped) log.add(event)
  t.match(log.attempts, [{ faults: [{ kind: 'respond' }] }])
  t.equal(log.faults.length, 1)
  const late = logOf(story, 2)
  t.same([late.attempts.length, late.faults.length, late.ended], [0, 0, 0])
})
