/**
 * streams: long SSE and WebSocket streams with one event per second each, half as many beside the engine through a bare tunnel; what
 * the engine adds to the delay of an event is the difference.
 */

import type { Child } from '../../bench/support/child.ts'
import { latencyText } from '../../bench/support/latency-histogram.ts'
import type { Route } from '../../bench/support/tunnel.ts'
import type { OpenStreams, StreamsOutcome } from '../processes/stream-load.ts'
import type { Scenario } from '../scenario.ts'
import { SERVERNAME, type Stage } from '../stage.ts'

const STREAM_LOAD = '../loadtest/processes/stream-load.js'
/** Share of the events due by the clock that must have come: opening takes its time, and streams begin spread over a second. */
const DUE_SHARE = 0.85
const MOST_ADDED_MS = 5
const MOST_ADDED_P99_MS = 1

interface Group {
  readonly name: string
  readonly load: Child
  readonly opened: number
  readonly failed: number
}

export async function openStreams(
  stage: Stage,
  kind: 'sse' | 'websocket',
  streams: number,
  through: (port: number) => Route,
): Promise<Group> {
  const port = await stage.serve(kind === 'sse' ? '../loadtest/origins/event-stream-origin.js' : '../loadtest/origins/websocket-origin.js')
  const load = await stage.load(STREAM_LOAD)
  const asked: OpenStreams = { kind, route: through(port), servername: SERVERNAME, streams }
  return { name: kind, load, ...(await load.ask<{ opened: number; failed: number }>('open', asked)) }
}

export const streams: Scenario = {
  summary: 'long SSE and WebSocket streams, an event per second on each',
  defaults: { connections: 400, concurrency: 16, seconds: 10, workers: 2 },
  run: async (stage, { connections, seconds }, criteria) => {
    const barePort = await stage.serve('processes/bare-relay.js', [stage.pki.ca, stage.pki.certificate, stage.pki.key])
    const bareRoute = (port: number): Route => ({ port: barePort, authority: `127.0.0.1:${port}` })
    const half = Math.round(connections / 2)
    const kinds = ['sse', 'websocket'] as const
    const pairs = []
    for (const kind of kinds) {
      pairs.push({
        kind,
        engine: await openStreams(stage, kind, half, (port) => stage.route(port)),
        bare: await openStreams(stage, kind, Math.round(half / 2), bareRoute),
      })
    }
    const results = await Promise.all(
      pairs.map(async ({ kind, engine, bare }) => {
        const [own, floor] = await Promise.all([engine, bare].map(({ load }) => load.ask<StreamsOutcome>('wait', { seconds })))
        return { kind, engine, own, floor }
      }),
    )
    for (const { kind, engine, own, floor } of results) {
      if (own === undefined || floor === undefined) continue
      console.log(`  ${kind} through the engine: ${latencyText(own.delay)}`)
      console.log(`  ${kind} through a bare relay: ${latencyText(floor.delay)}`)
      const due = Math.floor(engine.opened * seconds * DUE_SHARE)
      criteria.check(
        `${kind}: all streams opened and stayed`,
        engine.failed === 0 && own.lost === 0,
        `${engine.opened} opened, ${engine.failed} not, ${own.lost} lost`,
      )
      criteria.check(
        `${kind}: no event missing`,
        own.missing === 0 && own.events >= due,
        `${own.events} came, at least ${due} due, ${own.missing} missing`,
      )
      const added = (own.delay.p50 - floor.delay.p50) / 1000
      criteria.check(`${kind}: at most ${MOST_ADDED_MS} ms added at the median`, added <= MOST_ADDED_MS, `${added.toFixed(2)} ms`)
      const addedP99 = (own.delay.p99 - floor.delay.p99) / 1000
      criteria.check(
        `${kind}: at most ${MOST_ADDED_P99_MS} ms added at the 99th percentile`,
        addedP99 <= MOST_ADDED_P99_MS,
        `${addedP99.toFixed(2)} ms: ${(own.delay.p99 / 1000).toFixed(2)} through the engine, ${(floor.delay.p99 / 1000).toFixed(2)} through a bare relay`,
      )
    }
    for (const { engine, bare } of pairs) for (const { load } of [engine, bare]) await load.ask('close')
    await stage.judge(
      criteria,
      results.reduce((sum, { engine }) => sum + engine.opened, 0),
    )
  },
}
