/**
 * idle: sessions that stay open, a request on each at the beginning and at the end, and what they cost in memory meanwhile.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Connect, Requests } from '../../bench/processes/traffic-asked.ts'
import type { Outcome } from '../../bench/support/tally.ts'
import type { Scenario } from '../scenario.ts'
import { SERVERNAME } from '../stage.ts'

/** What issue 2 allows; issue 7 wants 60. */
const MOST_KILOBYTES = 100
const WARM_UP = 50

export const idle: Scenario = {
  summary: 'sessions held open, a request on each before and after',
  defaults: { connections: 2_000, concurrency: 32, seconds: 5, workers: 2 },
  run: async (stage, { connections, concurrency, seconds }, criteria) => {
    const load = await stage.load('processes/traffic.js')
    const route = stage.route()
    const open = (count: number) =>
      load.ask<Outcome>('connect', { route, servername: SERVERNAME, connections: count, concurrency } satisfies Connect)
    const touch = (count: number) => load.ask<Outcome>('requests', { count, path: '/small', host: SERVERNAME } satisfies Requests)
    await open(WARM_UP)
    const warm = await touch(WARM_UP)
    const before = stage.memory()
    const opened = await open(connections)
    criteria.check('every session opened', opened.failed === 0, `${opened.done} opened, ${opened.failed} not`)
    const all = WARM_UP + opened.done
    const first = await touch(all)
    await sleep(seconds * 1000)
    const kilobytes = (stage.memory() - before) / 1024 / Math.max(1, opened.done)
    const second = await touch(all)
    const lost = first.failed + second.failed
    criteria.check('an exchange on each, twice, none lost', lost === 0, `${first.done + second.done} done, ${lost} failed`)
    criteria.check(`at most ${MOST_KILOBYTES} KB per session`, kilobytes <= MOST_KILOBYTES, `${kilobytes.toFixed(1)} KB`)
    const alive = await load.ask<number>('close')
    criteria.check('none closed by the proxy', alive === all, `${alive} of ${all} open at the end`)
    await stage.judge(criteria, warm.done + first.done + second.done)
  },
}
