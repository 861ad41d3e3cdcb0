/** DutyCycle: polls while records come, seldom where they are few, parks when none do, wakes by the doorbell and the alarm, stops. */

import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { DutyCycle } from '../../src/aggregator/duty-cycle.ts'
import { IDLE_POLLS_BEFORE_PARK, MANY_RECORDS, POLL_INTERVAL_MAX_MS, POLL_INTERVAL_MS } from '../../src/shared/limits/aggregator.ts'
import { Doorbell } from '../../src/shared/ring/doorbell.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'

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

/** Times of `count` polls that find `records` each, milliseconds between one and the next; the first two are left out. */
async function pauses(t: Test, records: number, count: number, doorbell = new Doorbell()): Promise<number[]> {
  const times: number[] = []
  const cycle = new DutyCycle(
    () => {
      times.push(performance.now())
      return records
    },
    () => false,
    doorbell,
  )
  cycle.start()
  t.teardown(() => cycle.stop())
  await until(() => times.length >= count + 3, 'enough polls')
  return times.slice(3).map((time, n) => time - (times[n + 2] as number))
}

t.test('few records each: it pauses for longer; many: not; where no alarm would be heard: not', async (t) => {
  // A timer of Node's may come a millisecond early; a busy machine makes all of them late.
  for (const pause of await pauses(t, 1, 3)) t.ok(pause >= POLL_INTERVAL_MAX_MS - 1, `${pause} ms`)
  const shortest = (list: readonly number[]) => Math.min(...list)
  t.ok(shortest(await pauses(t, MANY_RECORDS + 1, 30)) < POLL_INTERVAL_MAX_MS - 1, 'many')
  t.ok(shortest(await pauses(t, 1, 30, new Doorbell(undefined, null))) < POLL_INTERVAL_MAX_MS - 1, 'no alarm')
})

t.test('an alarm cuts a pause short', async (t) => {
  const { state, doorbell, cycle } = make()
  t.teardown(() => cycle.stop())
  cycle.start()
  const taken: number[] = []
  for (let n = 0; n < 20; n++) {
    state.work = 1
    await until(() => state.work === 0, 'the work is taken')
    // A pause has begun. Every second one is left to its time.
    state.work = 1
    const started = performance.now()
    if (n % 2 === 0) doorbell.alarm()
    await immediatelyUntil(() => state.work === 0)
    if (n % 2 === 0) taken.push(performance.now() - started)
  }
  t.ok(Math.min(...taken) < POLL_INTERVAL_MS / 2, `${Math.min(...taken)} ms`)
})

/** Turns the event loop until `condition` holds, without a timer of its own. */
async function immediatelyUntil(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
