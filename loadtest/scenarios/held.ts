/**
 * held: many SSE streams at once, an event per second on each, and what a stream that is read event by event costs in memory: once all
 * are open, and at the end. Both figures hold all that the engine keeps; the second must not be the larger one.
 */

import type { TakeEvents, TakenEvents } from '../processes/stream-load.ts'
import type { Scenario } from '../scenario.ts'
import { type Group, openStreams } from './streams.ts'

const MOST_KILOBYTES = 120
/** What counts as flat: a garbage collection here or there moves the figure by some per cent. */
const MOST_GROWTH = 0.05
/** Contexts, code and pools that the first streams bring about are no stream's own. */
const WARM_UP = 50
/** Rounds until the figure of the beginning is taken: buffers reach their size with the first events. */
const SETTLING_ROUNDS = 3

export const held: Scenario = {
  summary: 'SSE streams held open, an event per second on each: memory per stream, and that it stays',
  defaults: { connections: 1_000, concurrency: 16, seconds: 20, workers: 2 },
  run: async (stage, { connections, seconds }, criteria) => {
    const warm = await openStreams(stage, 'sse', WARM_UP, (port) => stage.route(port), 'asked')
    await rounds(warm, SETTLING_ROUNDS)
    const before = stage.memory()
    const group = await openStreams(stage, 'sse', connections, (port) => stage.route(port), 'asked')
    const perStream = () => (stage.memory() - before) / 1024 / Math.max(1, group.opened)
    await rounds(group, SETTLING_ROUNDS)
    const early = perStream()
    const { lost, missing } = await rounds(group, seconds)
    const late = perStream()
    criteria.check(
      'all streams opened and stayed',
      group.failed === 0 && lost === 0,
      `${group.opened} opened, ${group.failed} not, ${lost} lost`,
    )
    criteria.check('no event missing', missing === 0, `${missing} missing`)
    criteria.check(`at most ${MOST_KILOBYTES} KB per stream`, late <= MOST_KILOBYTES, `${late.toFixed(1)} KB`)
    const growth = late / early - 1
    criteria.check('memory flat', growth <= MOST_GROWTH, `${early.toFixed(1)} KB, ${seconds} s later ${late.toFixed(1)} KB`)
    for (const { load } of [warm, group]) await load.ask('close')
    await stage.judge(criteria, warm.opened + group.opened)
  },
}

/**
 * An event on each stream in each second, later where the machine cannot do it in time. Tells how many streams are lost, and how many
 * events have left a gap or have not come at all.
 */
async function rounds({ origin, load }: Group, count: number): Promise<{ lost: number; missing: number }> {
  let due = 0
  let lost = 0
  let gaps = 0
  for (let round = 0; round < count; round++) {
    due += await origin.ask<number>('speak', 1)
    const taken = await load.ask<TakenEvents>('take', { events: due } satisfies TakeEvents)
    // What is late comes with the next round.
    due -= taken.events
    lost = taken.lost
    gaps = taken.missing
  }
  return { lost, missing: Math.max(gaps, due) }
}
