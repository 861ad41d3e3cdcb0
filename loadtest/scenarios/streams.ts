/**
 * streams: long SSE streams, then long WebSocket connections, with an event per second on each, through the engine and as many
 * through a bare relay; what the engine adds to the delay of an event is the difference.
 *
 *     engine   ████    ████ ████    ████      in each round the streams of one side speak for a second, evenly staggered,
 *     bare         ████ ████    ████ ████     then those of the other: what else the machine does meets both
 *
 * Engine and bare relay have a half of the cores for themselves (of two cores one), origins, load and scraper the other half. What
 * the tail shows on a machine that is busy otherwise is the scheduler; as real-time processes (`chrt -r 5 npm run load -- streams`,
 * by root) all of them go first.
 */

import type { Child } from '../../bench/support/child.ts'
import { allowedCores, bindTo } from '../../bench/support/cores.ts'
import { LatencyHistogram, latencyText } from '../../bench/support/latency-histogram.ts'
import { median } from '../../bench/support/statistics.ts'
import type { Route } from '../../bench/support/tunnel.ts'
import type { Criteria } from '../criteria.ts'
import type { OpenStreams, TakeEvents, TakenEvents } from '../processes/stream-load.ts'
import type { Scenario } from '../scenario.ts'
import { SERVERNAME, type Stage } from '../stage.ts'

const STREAM_LOAD = '../loadtest/processes/stream-load.js'
const ORIGINS = { sse: '../loadtest/origins/event-stream-origin.js', websocket: '../loadtest/origins/websocket-origin.js' } as const
/** So many on a busy machine within the time that a process has for an answer. */
const OPENED_AT_A_TIME = 1_000
/** Rounds that are not counted: code is compiled in them. */
const WARM_UP_ROUNDS = 5
/** Rounds between two scrapes of the engine, which come between rounds: some 10 s, as those of a Prometheus server. */
const ROUNDS_PER_SCRAPE = 5
const MOST_ADDED_MS = 1

type Kind = keyof typeof ORIGINS

export interface Group {
  readonly origin: Child
  readonly load: Child
  readonly opened: number
  readonly failed: number
}

/** `when`: whether the origin speaks on its own, or when asked (`speak`). */
export async function openStreams(
  stage: Stage,
  kind: Kind,
  streams: number,
  through: (port: number) => Route,
  when: 'always' | 'asked' = 'always',
): Promise<Group> {
  const { child, port } = await stage.serve(ORIGINS[kind], [stage.pki.certificate, stage.pki.key, when])
  const load = await stage.load(STREAM_LOAD)
  const asked = { kind, route: through(port), servername: SERVERNAME }
  let opened = 0
  let failed = 0
  for (let left = streams; left > 0; left -= OPENED_AT_A_TIME) {
    const part: OpenStreams = { ...asked, streams: Math.min(OPENED_AT_A_TIME, left) }
    const outcome = await load.ask<{ opened: number; failed: number }>('open', part)
    opened += outcome.opened
    failed += outcome.failed
  }
  return { origin: child, load, opened, failed }
}

/** The streams of one side, and the delays that they have had. */
class Side {
  readonly name: string
  readonly group: Group
  readonly delays = new LatencyHistogram()
  /** 99th percentile of each round, µs. */
  readonly p99s: number[] = []
  said = 0
  came = 0
  lost = 0
  missing = 0

  constructor(name: string, group: Group) {
    this.name = name
    this.group = group
  }

  async round(isCounted: boolean): Promise<void> {
    const said = await this.group.origin.ask<number>('speak', 1)
    const taken = await this.group.load.ask<TakenEvents>('take', { events: said } satisfies TakeEvents)
    this.said += said
    this.came += taken.events
    this.lost = taken.lost
    this.missing = taken.missing
    if (!isCounted) return
    const round = new LatencyHistogram()
    round.merge(taken.counts, taken.max)
    this.p99s.push(round.quantile(0.99))
    this.delays.merge(taken.counts, taken.max)
  }
}

async function play(stage: Stage, kind: Kind, bare: number, streams: number, rounds: number, criteria: Criteria): Promise<number> {
  const engine = new Side('the engine', await openStreams(stage, kind, streams, (port) => stage.route(port), 'asked'))
  const relay = new Side(
    'a bare relay',
    await openStreams(stage, kind, streams, (port) => ({ port: bare, authority: `127.0.0.1:${port}` }), 'asked'),
  )
  const loops = stage.scraper.loopDelaysMs
  const before = loops.length
  for (let round = -WARM_UP_ROUNDS; round < rounds; round++) {
    for (const side of round % 2 === 0 ? [engine, relay] : [relay, engine]) {
      await side.round(round >= 0)
      if (side === engine && round >= 0 && round % ROUNDS_PER_SCRAPE === 0) await stage.scraper.scrape()
    }
  }
  for (const { name, delays } of [engine, relay]) console.log(`  ${kind} through ${name}: ${latencyText(delays.summary())}`)
  console.log(
    `  event-loop delay of the workers, worst of a second: ${median(loops.slice(before)).toFixed(1)} ms in the middle, ${Math.max(...loops.slice(before)).toFixed(1)} at most`,
  )
  judge(kind, engine, relay, criteria)
  for (const { group } of [engine, relay]) await group.load.ask('close')
  return engine.group.opened
}

function judge(kind: Kind, engine: Side, relay: Side, criteria: Criteria): void {
  const { opened, failed } = engine.group
  criteria.check(
    `${kind}: all streams opened and stayed`,
    failed + engine.lost === 0,
    `${opened} opened, ${failed} not, ${engine.lost} lost`,
  )
  criteria.check(
    `${kind}: no event missing`,
    engine.missing === 0 && engine.came === engine.said,
    `${engine.came} came of ${engine.said}, ${engine.missing} numbers left out`,
  )
  const added = (share: number) => (engine.delays.quantile(share) - relay.delays.quantile(share)) / 1000
  criteria.check(
    `${kind}: at most ${MOST_ADDED_MS} ms added at the 99th percentile`,
    added(0.99) <= MOST_ADDED_MS,
    `${added(0.99).toFixed(3)} ms (${(engine.delays.quantile(0.99) / 1000).toFixed(2)} less ${(relay.delays.quantile(0.99) / 1000).toFixed(2)}); ` +
      `at the median ${added(0.5).toFixed(3)}, at the 90th ${added(0.9).toFixed(3)}`,
  )
  const paired = engine.p99s.map((p99, round) => (p99 - (relay.p99s[round] ?? 0)) / 1000).toSorted((a, b) => a - b)
  const at = (share: number) => (paired[Math.floor(share * (paired.length - 1))] ?? 0).toFixed(2)
  criteria.check(
    `${kind}: at most ${MOST_ADDED_MS} ms added at the 99th percentile of a round and its neighbour, in the middle of all pairs`,
    median(paired) <= MOST_ADDED_MS,
    `${median(paired).toFixed(3)} ms in ${paired.length} pairs; half of them from ${at(0.25)} to ${at(0.75)}`,
  )
}

/** Gives engine and relay their cores. */
function divideCores(engine: Child, relay: Child): string {
  const cores = allowedCores()
  const half = Math.floor(cores.length / 2)
  const bound = half > 0 && bindTo(cores.slice(0, half), process.pid)
  const apart = bound && [engine, relay].every(({ pid }) => bindTo(cores.slice(half), pid))
  return apart ? `cores ${cores.slice(half).join()}; all else: ${cores.slice(0, half).join()}` : 'all cores, like all else'
}

export const streams: Scenario = {
  summary: 'long SSE and WebSocket streams, an event per second on each, beside a bare relay',
  defaults: { connections: 1_000, concurrency: 16, seconds: 60, workers: 1 },
  run: async (stage, { connections, seconds }, criteria) => {
    const bare = await stage.serve('processes/bare-relay.js', [stage.pki.ca, stage.pki.certificate, stage.pki.key])
    console.log(`  engine and bare relay on ${divideCores(stage.engine, bare.child)}`)
    await stage.scraper.stop()
    let opened = 0
    for (const kind of ['sse', 'websocket'] as const) opened += await play(stage, kind, bare.port, connections, seconds, criteria)
    await stage.judge(criteria, opened)
  },
}
