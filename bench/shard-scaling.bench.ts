/**
 * How far the engine scales with cores: what of a connection and of a request does not run on a shard, at how many shards each of these
 * serial parts has a core full, how evenly the shards are loaded up to 64 of them, and what the hand-off to a shard costs.
 *
 * A machine with two cores that load and origin share cannot show two shards beside one; it can show each thread's own CPU, by the
 * kernel's clock of threads (Linux, Node 24 or later, whose threads have names).
 *
 * Run: `node dist/bench/shard-scaling.bench.js [--rounds N] [--simulate]` (JSON); `--simulate`: the simulation alone, with `serviceMs` of 2.
 */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Churn, Connect, Requests } from './processes/traffic.ts'
import type { Tunnels } from './processes/tunnel-load.ts'
import { makeBenchPki } from './support/bench-pki.ts'
import { Child } from './support/child.ts'
import { machine } from './support/machine.ts'
import { startOrigin } from './support/origin.ts'
import { type Load, simulate } from './support/shard-simulation.ts'
import { median } from './support/statistics.ts'
import type { Outcome } from './support/tally.ts'
import { cpuBetween, type ThreadCpu, threadCpu } from './support/thread-cpu.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '8' }, simulate: { type: 'boolean', default: false } } })
const ROUNDS = Number(values.rounds)
const TUNNELS = 1_500
const CONNECTIONS = 150
/** The acceptor does little for each: it takes thousands until its code is compiled. */
const WARM_UP_CONNECTIONS = 2_500
const REQUESTS = 6_000
const SHARDS = [1, 2, 4, 8, 16, 32, 64] as const
const SERVICE_MS = 2

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

function simulations(serviceMs: number): object {
  const load: Load = { serviceMs, utilization: 0.8, hosts: 2_000, skew: 1, openMs: 5_000 }
  const rounded = (asked: Load) =>
    SHARDS.map((shards) => Object.fromEntries(Object.entries(simulate(shards, asked)).map(([name, value]) => [name, round(value)])))
  return {
    load,
    skewed: rounded(load),
    one_host: rounded({ ...load, hosts: 1 }),
    short: rounded({ ...load, openMs: 50 }),
  }
}

async function measured(): Promise<object> {
  const pki = makeBenchPki()
  const origin = await startOrigin(pki)
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
    const handOff = await handOffCost(await engine(0, { default_action: 'tunnel' }), await engine(1, { default_action: 'tunnel' }), started)
    const serving = await engine(1, {})
    const { child: load } = await Child.start('processes/traffic.js', [serving.ca])
    started.push(load)
    const route = { port: serving.port, direct: false, authority: `localhost:${origin.port}` }
    const churn = (count: number) =>
      load.ask<Outcome>('churn', { route, count, concurrency: 4, path: '/small', servername: 'localhost', resume: false } satisfies Churn)
    await churn(WARM_UP_CONNECTIONS)
    const connection: ThreadCpu[] = []
    for (let n = 0; n < ROUNDS; n++) connection.push(await costs(serving.pid, () => churn(CONNECTIONS)))
    await load.ask('connect', { route, servername: 'localhost', connections: 16 } satisfies Connect)
    const requests = () => load.ask<Outcome>('requests', { count: REQUESTS, path: '/small', host: route.authority } satisfies Requests)
    for (let n = 0; n < 3; n++) await requests()
    const request: ThreadCpu[] = []
    const before = await eventsTold(serving.admin)
    for (let n = 0; n < ROUNDS; n++) request.push(await costs(serving.pid, requests))
    const eventsEach = ((await eventsTold(serving.admin)) - before) / (ROUNDS * REQUESTS)
    return { hand_off: handOff, ...serialParts(medians(connection), medians(request), eventsEach) }
  } finally {
    for (const child of started) await child.stop()
    await origin.stop()
    pki.remove()
  }
}

/** The same tunnels through an engine that serves inline and one that hands off, in turn. */
async function handOffCost(
  inline: { port: number; pid: number },
  onWorker: { port: number; pid: number },
  started: Child[],
): Promise<object> {
  const { child: load } = await Child.start('processes/tunnel-load.js')
  started.push(load)
  const run = ({ port }: { port: number }) =>
    load.ask<Outcome>('tunnels', { proxyPort: port, count: TUNNELS, concurrency: 8 } satisfies Tunnels)
  for (let n = 0; n < 3; n++) for (const one of [inline, onWorker]) await run(one)
  const pairs: { inline: number; worker: number; byThread: ThreadCpu }[] = []
  for (let n = 0; n < ROUNDS * 2; n++) {
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
    extra_us: { median: round(median(extra)), lowest: round(extra[0] ?? 0), highest: round(extra.at(-1) ?? 0) },
    on_worker_by_thread_us: medians(pairs.map(({ byThread }) => byThread)),
  }
}

function serialParts(connection: ThreadCpu, request: ThreadCpu, eventsEach: number): object {
  return {
    connection_us: connection,
    request_us: request,
    events_per_request: round(eventsEach),
    aggregator_us_per_event: round(request.aggregator / eventsEach),
    /** Shards that keep one core of acceptor, or of aggregator, busy; null: no number does. */
    shards_to_fill: {
      acceptor_with_connections: Math.floor(connection.shards / connection.main),
      acceptor_with_requests: Math.floor(request.shards / request.main),
      aggregator_with_connections: Math.floor(connection.shards / connection.aggregator),
      aggregator_with_requests: Math.floor(request.shards / request.aggregator),
    },
  }
}

const figures = values.simulate ? {} : await measured()
process.stdout.write(`${JSON.stringify({ machine: machine(), ...figures, simulation: simulations(SERVICE_MS) }, null, 2)}\n`)
