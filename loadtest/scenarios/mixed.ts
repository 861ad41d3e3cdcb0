/**
 * mixed: churn, keep-alive requests, bodies, long streams and large heads at once, for as long as asked; and soak, the same for
 * longer, with an eye on memory.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Churn, Connect, Requests } from '../../bench/processes/traffic-asked.ts'
import { latencyText } from '../../bench/support/latency-histogram.ts'
import type { Outcome } from '../../bench/support/tally.ts'
import type { Criteria } from '../criteria.ts'
import type { StreamsOutcome } from '../processes/stream-load.ts'
import type { Scenario } from '../scenario.ts'
import { type Bounds, SERVERNAME, type Stage } from '../stage.ts'
import { headersLoad } from './headers.ts'
import { openStreams } from './streams.ts'

/** Memory of the last third of a soak over that of its second: a leak shows, a cache that fills does not. */
const MOST_GROWTH = 1.1

async function play(stage: Stage, { connections, concurrency, seconds }: Bounds, criteria: Criteria): Promise<number[]> {
  const memory: number[] = []
  const totals = { done: 0, failed: 0 }
  const failures = new Set<string>()
  const count = ({ done, failed, failures: reasons }: Outcome) => {
    totals.done += done
    totals.failed += failed
    for (const reason of Object.keys(reasons)) failures.add(reason)
  }
  const route = stage.route()
  const [churner, keeper, heavy] = await Promise.all([1, 2, 3].map(() => stage.load('processes/traffic.js')))
  if (churner === undefined || keeper === undefined || heavy === undefined) throw new Error('three load generators were asked for')
  const events = await openStreams(stage, 'sse', Math.round(connections / 4), (port) => stage.route(port))
  const sockets = await openStreams(stage, 'websocket', Math.round(connections / 4), (port) => stage.route(port))
  const heads = await headersLoad(stage, 5, 5)
  const opened = await keeper.ask<Outcome>('connect', {
    route,
    servername: SERVERNAME,
    connections: Math.round(connections / 2),
  } satisfies Connect)
  await heavy.ask('connect', { route, servername: SERVERNAME, connections: 2 } satisfies Connect)
  // Opening may take as long as all the rest on a busy machine, and is no part of it.
  const until = performance.now() + seconds * 1000
  const repeat = async (once: () => Promise<unknown>) => {
    while (performance.now() < until) await once()
  }
  let latest: Outcome | undefined
  const refused: string[] = []
  await Promise.all([
    repeat(async () =>
      count(
        await churner.ask('churn', {
          route,
          count: 40,
          concurrency,
          path: '/small',
          servername: SERVERNAME,
          resume: false,
        } satisfies Churn),
      ),
    ),
    repeat(async () => {
      latest = await keeper.ask<Outcome>('requests', { count: 500, path: '/16k', host: SERVERNAME } satisfies Requests)
      count(latest)
    }),
    repeat(async () => count(await heavy.ask('requests', { count: 4, path: '/1m', host: SERVERNAME } satisfies Requests))),
    repeat(async () =>
      refused.push(...Object.keys(await heads('heads', { fields: 100, octets: 100 })).filter((status) => status !== '200')),
    ),
    repeat(async () => {
      memory.push(stage.memory())
      await sleep(500)
    }),
  ])
  if (latest !== undefined) console.log(`  keep-alive requests of 16 KiB, last batch: ${latencyText(latest.latency)}`)
  criteria.check(
    'none lost',
    totals.done > 0 && totals.failed + opened.failed === 0,
    `${totals.done} exchanges, ${totals.failed} failed ${[...failures].join('; ')}`.trim(),
  )
  criteria.check('large heads pass', refused.length === 0, refused.length === 0 ? 'all 200' : [...new Set(refused)].join())
  for (const [name, group] of [
    ['SSE', events],
    ['WebSocket', sockets],
  ] as const) {
    const { events: came, lost, missing } = await group.load.ask<StreamsOutcome>('wait', { seconds: 0 })
    criteria.check(
      `${name}: streams stay, nothing missing`,
      lost + missing + group.failed === 0,
      `${came} events, ${lost} streams lost, ${missing} events missing`,
    )
    await group.load.ask('close')
  }
  await keeper.ask('close')
  await heavy.ask('close')
  return memory
}

export const mixed: Scenario = {
  summary: 'churn, requests, bodies, streams and large heads at once',
  defaults: { connections: 100, concurrency: 4, seconds: 10, workers: 2 },
  run: async (stage, bounds, criteria) => {
    await play(stage, bounds, criteria)
    await stage.judge(criteria, undefined)
  },
}

export const soak: Scenario = {
  summary: 'mixed for longer; memory must not grow',
  defaults: { connections: 100, concurrency: 4, seconds: 300, workers: 2 },
  run: async (stage, bounds, criteria) => {
    const memory = await play(stage, bounds, criteria)
    const third = Math.floor(memory.length / 3)
    const mean = (from: number, to: number) =>
      memory.slice(from, to).reduce((sum, octets) => sum + octets, 0) / Math.max(1, to - from) / 2 ** 20
    const middle = mean(third, 2 * third)
    const last = mean(2 * third, memory.length)
    criteria.check(
      'memory does not grow',
      last <= middle * MOST_GROWTH,
      `${middle.toFixed(0)} MB in the second third, ${last.toFixed(0)} MB in the last`,
    )
    await stage.judge(criteria, undefined)
  },
}
