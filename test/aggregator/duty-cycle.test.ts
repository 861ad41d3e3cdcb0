/** DutyCycle: polls while records come, parks when none do, wakes by the doorbell, stops. */

import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import { DutyCycle } from '../../src/aggregator/duty-cycle.ts'
import { IDLE_POLLS_BEFORE_PARK, POLL_INTERVAL_MS } from '../../src/shared/limits/aggregator.ts'
import { Doorbell } from '../../src/shared/ring/doorbell.ts'
import { until } from '../support/aggregator-harness.ts'

const PARKED_BY_MS = POLL_INTERVAL_MS * IDLE_POLLS_BEFORE_PARK

function make() {
  const state = { polls: 0, work: 0, busyMs: 0 }
  const doorbell = new Doorbell()
  const cycle = new DutyCycle(
    () => {
      state.polls++
      const taken = state.work
      state.work = 0
      for (const endMs = performance.now() + state.busyMs; performance.now() < endMs; );
      return taken
    },
    () => state.work === 0,
    doorbell,
  )
  return { state, doorbell, cycle }
}

t.test('idle: parks after some polls, and polls no more until it is rung', async (t) => {
  const { state, doorbell, cycle } = make()
  cycle.start()
  await until(() => state.polls >= IDLE_POLLS_BEFORE_PARK, 'enough empty polls')
  await delay(PARKED_BY_MS)
  t.equal(state.polls, IDLE_POLLS_BEFORE_PARK, 'parked')
  state.work = 3
  t.ok(doorbell.ring(), 'a producer finds it parked')
  await until(() => state.work === 0, 'the work is taken')
  t.notOk(doorbell.ring(), 'awake, it is not rung')
  const before = state.polls
  await until(() => state.polls > before + 2, 'it polls on')
  cycle.stop()
  const stopped = state.polls
  await delay(5 * POLL_INTERVAL_MS)
  t.equal(state.polls, stopped, 'stopped')
})

t.test('stopped while parked: a ring wakes nobody', async (t) => {
  const { state, doorbell, cycle } = make()
  cycle.start()
  await until(() => state.polls >= IDLE_POLLS_BEFORE_PARK, 'enough empty polls')
  await delay(2 * POLL_INTERVAL_MS)
  cycle.stop()
  doorbell.ring()
  await delay(2 * POLL_INTERVAL_MS)
  t.equal(state.polls, IDLE_POLLS_BEFORE_PARK)
})

t.test('behind: polls again at once, and other work of the event loop has its turn', async (t) => {
  const { state, cycle } = make()
  state.busyMs = 2 * POLL_INTERVAL_MS
  cycle.start()
  let turns = 0
  for (; state.polls < 5; turns++) await new Promise((resolve) => setImmediate(resolve))
  cycle.stop()
  // By the loop's turns and not by the clock: within a timer's pause there would be hundreds.
  t.ok(turns >= 4 && turns <= 10, `${turns} turns of the event loop in four polls`)
})
