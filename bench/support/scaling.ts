/**
 * Scaling: what of a connection and of a request does not run on a shard, at how many shards each of these serial parts has a core full,
 * how evenly the shards are loaded up to 64 of them (simulated, by the engine's own choice), and what the hand-off to a shard costs.
 *
 * A machine with two cores that load and origin share cannot show two shards beside one; it can show each thread's own CPU, by the
 * kernel's clock of threads (Linux, Node 24 or later, whose threads have names).
 */

import { join } from 'node:path'
import type { Churn, Connect, Requests } from '../processes/traffic-asked.ts'
import type { Tunnels } from '../processes/tunnel-load.ts'
import type { BenchPki } from './bench-pki.ts'
import { Child } from './child.ts'
import type { Origin } from './origin.ts'
import { type Load, type Simulated, simulate } from './shard-simulation.ts'
import { median } from './statistics.ts'
import type { Outcome } from './tally.ts'
import { cpuBetween, type ThreadCpu, threadCpu } from './thread-cpu.ts'

/** Microseconds of CPU, medians. */
export interface HandOff {
  readonly inline_us: number
  readonly on_worker_us: number
  readonly extra_us: { readonly median: number; readonly lowest: number; readonly highest: number; readonly rounds: number }
  readonly on_worker_by_thread_us: ThreadCpu
}

export interface SerialParts {
  readonly connection_us: ThreadCpu
  readonly request_us: ThreadCpu
  readonly events_per_request: number
  readonly aggregator_us_per_event: number
  /** Shards that keep one core of acceptor, or of aggregator, busy. */
  readonly shards_to_fill: {
    readonly acceptor_with_connections: number
    readonly acceptor_with_requests: number
    readonly aggregator_with_connections: number
    readonly aggregator_with_requests: number
  }
}

export interface Simulation {
  readonly load: Load
  readonly skewed: readonly Simulated[]
  readonly one_host: readonly Simulated[]
  readonly short: readonly Simulated[]
}

export interface Scaling extends SerialParts {
  readonly hand_off: HandOff
}

const TUNNELS = 1_500
const CONNECTIONS = 150
/** The acceptor does little for each: it takes thousands until its code is compiled. */
const WARM_UP_CONNECTIONS = 2_500
const REQUESTS = 6_000
const SHARDS = [1, 2, 4, 8, 16, 32, 64] as const

/** CPU microseconds per operation, by thread. */
async function costs(pid: number, work: () => Promise<Outcome>): Promise<ThreadCpu & { readonly all: number }> {
  const before = threadCpu(pid)
  const { done, failed } = await work()
  const { main, aggregator, shards, helpers } = cpuBetween(before, threadCpu(pid))
  if (failed > 0 || done === 0) throw new Error(`${failed} of ${done + failed} failed`)
  const each = (micros: number) => micros / done
  return {
    main: each(main),
    aggregator: each(aggregator),
    shards: each(shards),
    helpers: each(helpers),
    all: each(main + aggregator + shards + helpers),
  }
}

function medians(rounds: readonly ThreadCpu[]): ThreadCpu {
  const of = (name: keyof ThreadCpu) => round(median(rounds.map((one) => one[name])))
  return { main: of('main'), aggregator: of('aggregator'), shards: of('shards'), helpers: of('helpers') }
}

const round = (value: number) => Math.round(value * 100) / 100

async function eventsTold(admin: string): Promise<number> {
  const text = await (await fetch(`http://${admin}/metrics`)).text()
  return [...text.matchAll(/^soth_mitm_events_total\{[^}]*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0)
}

export function simulations(serviceMs = 2): Simulation {
  const load: Load = { serviceMs, utilization: 0.8, hosts: 2_000, skew: 1, openMs: 5_000 }
  const simulated = (asked: Load) => SHARDS.map((shards) => rounded(simulate(shards, asked)))
  return {
    load,
    skewed: simulated(load),
    one_host: simulated({ ...load, hosts: 1 }),
    short: simulated({ ...load, openMs: 50 }),
  }
}

function rounded({ shards, imbalance, speedUp, awayPercent, waitP50, waitP99 }: Simulated): Simulated {
  return {
    shards,
    imbalance: round(imbalance),
    speedUp: round(speedUp),
    awayPercent: round(awayPercent),
    waitP50: round(waitP50),
    waitP99: round(waitP99),
  }
}

export async function scaling(pki: BenchPki, origin: Origin, rounds: number): Promise<Scaling> {
  const started: Child[] = []
  const engine = async (workers: number, options: object) => {
    const asked = {
      listen: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      workers,
      ca_dir: join(pki.folder, `ca-${started.length}`),
      upstream: { extra_ca_file: pki.ca },
    }
    const { child, ready } = await Child.start<{ port: number; admin: string; ca: string }>('processes/engine.js', [
      JSON.stringify({ ...asked, ...options }),
    ])
    started.push(child)
    return { ...ready, pid: child.pid }
  }
  try {
    const tunnelling = { default_action: 'tunnel' }
    const handOff = await handOffCost(await engine(0, tunnelling), await engine(1, tunnelling), started, rounds * 2)
    const serving = await engine(1, {})
    const { child: load } = await Child.start('processes/traffic.js', [serving.ca])
    started.push(load)
    const route = { port: serving.port, direct: false, authority: `localhost:${origin.port}` }
    const churn = (count: number) =>
      load.ask<Outcome>('churn', { route, count, concurrency: 4, path: '/small', servername: 'localhost', resume: false } satisfies Churn)
    await churn(WARM_UP_CONNECTIONS)
    const connection: ThreadCpu[] = []
    for (let n = 0; n < rounds; n++) connection.push(await costs(serving.pid, () => churn(CONNECTIONS)))
    await load.ask('connect', { route, servername: 'localhost', connections: 16 } satisfies Connect)
    const requests = () => load.ask<Outcome>('requests', { count: REQUESTS, path: '/small', host: route.authority } satisfies Requests)
    for (let n = 0; n < 3; n++) await requests()
    const request: ThreadCpu[] = []
    const before = await eventsTold(serving.admin)
    for (let n = 0; n < rounds; n++) request.push(await costs(serving.pid, requests))
    const eventsEach = ((await eventsTold(serving.admin)) - before) / (rounds * REQUESTS)
    return { hand_off: handOff, ...serialParts(medians(connection), medians(request), eventsEach) }
  } finally {
    for (const child of started) await child.stop()
  }
}

/** The same tunnels through an engine that serves inline and one that hands off, in turn. */
async function handOffCost(
  inline: { port: number; pid: number },
  onWorker: { port: number; pid: number },
  started: Child[],
  pairCount: number,
): Promise<HandOff> {
  const { child: load } = await Child.start('processes/tunnel-load.js')
  started.push(load)
  const run = ({ port }: { port: number }) =>
    load.ask<Outcome>('tunnels', { proxyPort: port, count: TUNNELS, concurrency: 8 } satisfies Tunnels)
  for (let n = 0; n < 3; n++) for (const one of [inline, onWorker]) await run(one)
  const pairs: { inline: number; worker: number; byThread: ThreadCpu }[] = []
  for (let n = 0; n < pairCount; n++) {
    const first = await costs((n % 2 === 0 ? inline : onWorker).pid, () => run(n % 2 === 0 ? inline : onWorker))
    const second = await costs((n % 2 === 0 ? onWorker : inline).pid, () => run(n % 2 === 0 ? onWorker : inline))
    pairs.push(
      n % 2 === 0
        ? { inline: first.all, worker: second.all, byThread: second }
        : { inline: second.all, worker: first.all, byThread: first },
    )
  }
  const extra = pairs.map(({ inline, worker }) => worker - inline).toSorted((a, b) => a - b)
  return {
    inline_us: round(median(pairs.map(({ inline }) => inline))),
    on_worker_us: round(median(pairs.map(({ worker }) => worker))),
    extra_us: { median: round(median(extra)), lowest: round(extra[0] ?? 0), highest: round(extra.at(-1) ?? 0), rounds: extra.length },
    on_worker_by_thread_us: medians(pairs.map(({ byThread }) => byThread)),
  }
}

function serialParts(connection: ThreadCpu, request: ThreadCpu, eventsEach: number): SerialParts {
  return {
    connection_us: connection,
    request_us: request,
    events_per_request: round(eventsEach),
    aggregator_us_per_event: round(request.aggregator / eventsEach),
    shards_to_fill: {
      acceptor_with_connections: Math.floor(connection.shards / connection.main),
      acceptor_with_requests: Math.floor(request.shards / request.main),
      aggregator_with_connections: Math.floor(connection.shards / connection.aggregator),
      aggregator_with_requests: Math.floor(request.shards / request.aggregator),
    },
  }
}
