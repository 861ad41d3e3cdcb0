/** AcceptorCounters: loads as it shards by them, sessions lost with a worker, and the state that others wait on. */

import t from 'tap'
import { AcceptorCounters } from '../../../src/shared/counters/acceptor-counters.ts'
import { ENGINE_STATE_OFFSET, ENGINE_STATES, REFUSAL_SLOTS } from '../../../src/shared/counters/counters-descriptor.ts'
import { allocateCounters, CountersView } from '../../../src/shared/counters/counters-view.ts'
import { WorkerCounters } from '../../../src/shared/counters/worker-counters.ts'

t.setTimeout(600_000)

t.test('a load is what was given, less what has ended and what was lost', async (t) => {
  const memory = allocateCounters(2)
  const acceptor = new AcceptorCounters(memory)
  const worker = new WorkerCounters(memory, 2)
  acceptor.addShard(2, 'handed_off', 10)
  t.equal(acceptor.load(2), 10, 'a hand-off under way counts')
  worker.add('ended', 3)
  t.equal(acceptor.load(2), 7)
  t.equal(acceptor.loseAll(2, 2), 5, 'two tickets go to the successor')
  t.equal(acceptor.load(2), 2)
  t.equal(acceptor.load(1), 0)
  t.equal(new CountersView(memory).load(2), acceptor.load(2), 'as everybody else sees it')
})

t.test('refusals are counted by slot, and only by one that exists', async (t) => {
  const memory = allocateCounters(0)
  const acceptor = new AcceptorCounters(memory)
  acceptor.addRefused(REFUSAL_SLOTS - 1)
  acceptor.addRefused(REFUSAL_SLOTS - 1)
  t.equal(new CountersView(memory).refused(REFUSAL_SLOTS - 1), 2)
  for (const slot of [-1, REFUSAL_SLOTS]) t.throws(() => acceptor.addRefused(slot))
})

t.test('a change of state wakes whoever waits for it', async (t) => {
  const memory = allocateCounters(0)
  const acceptor = new AcceptorCounters(memory)
  const words = new Int32Array(memory)
  for (const state of ENGINE_STATES) {
    acceptor.setState(state)
    t.equal(Atomics.load(words, ENGINE_STATE_OFFSET >> 2), ENGINE_STATES.indexOf(state))
    t.equal(new CountersView(memory).state, state)
  }
})
