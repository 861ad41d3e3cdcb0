/**
 * The engine beside its peers: same origin, same load, one run, rounds interleaved, the CPU time of each proxy's processes.
 *
 *     npm run peers -- [--peers NAME,NAME] [--workloads NAME,NAME] [--rounds 4] [--sessions 500] [--minutes 60] [--out bench]
 *
 * Peers that are not installed are named in the report and left out (bench/peers/install.sh). Writes REPORT.md, report.json and
 * report.svg after every step, so that a run that is cut short has told what it has found; steps that would begin after `--minutes` are left
 * out, and named.
 */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { messageOf } from '../../src/shared/errors.ts'
import type { Connect, Requests } from '../processes/traffic-asked.ts'
import { makeBenchPki } from '../support/bench-pki.ts'
import { Child } from '../support/child.ts'
import { LatencyHistogram } from '../support/latency-histogram.ts'
import { machine } from '../support/machine.ts'
import { startOrigin } from '../support/origin.ts'
import { scaling, simulations } from '../support/scaling.ts'
import { spreadOf } from '../support/statistics.ts'
import type { Outcome } from '../support/tally.ts'
import type { Route } from '../support/tunnel.ts'
import { goproxy, goproxyHttp2, httpMitmProxy, hudsucker, hudsuckerHttp2, martian, mockttp } from './built-peers.ts'
import { type Contender, compare } from './compare.ts'
import { eventCosts } from './event-costs.ts'
import type { IdleFigure, LatencyFigure, Participant, Report } from './figures.ts'
import { mitmproxy } from './mitmproxy.ts'
import { ownComparisons } from './own-comparisons.ts'
import { type Peer, routeTo } from './peer.ts'
import { BUILD_FOLDER } from './program-peer.ts'
import { writeReport } from './report.ts'
import { haproxy, nginx } from './reverse-proxies.ts'
import { runtimeUse } from './runtime-use.ts'
import { bareRelay, soth, sothNdjson } from './soth.ts'
import { squid } from './squid.ts'
import { WORKLOADS } from './workloads.ts'

const PEERS: readonly Peer[] = [
  soth,
  sothNdjson,
  bareRelay,
  nginx,
  haproxy,
  squid,
  hudsucker,
  hudsuckerHttp2,
  goproxy,
  goproxyHttp2,
  martian,
  mitmproxy,
  mockttp,
  httpMitmProxy,
]

type Mutable<Value> = { -readonly [Key in keyof Value]: Value[Key] }

const LATENCY_ROUNDS = 5
const LATENCY_REQUESTS = 1_000
const LATENCY_WARM_UP = 100
const SETTLE_MS = 2_000

/** Beside the workloads: the engine by itself. */
const OWN = 'own'
const SCALING_ROUNDS = 6

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: PEERS.map(({ name }) => name).join(',') },
    workloads: { type: 'string', default: [...WORKLOADS.map(({ name }) => name), OWN].join(',') },
    rounds: { type: 'string', default: '4' },
    sessions: { type: 'string', default: '500' },
    minutes: { type: 'string', default: '60' },
    out: { type: 'string', default: 'bench' },
  },
})
const rounds = Number(values.rounds)
// Programs end with this process, but only where it ends by itself.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
mkdirSync(values.out, { recursive: true })
const asked = values.peers.split(',')
const missing: string[] = []
const pki = makeBenchPki()
const origin = await startOrigin(pki)

function folderOf(peer: Peer): string {
  const folder = join(pki.folder, `${peer.name.replaceAll(/\W+/g, '-')}-${folders++}`)
  mkdirSync(folder)
  return folder
}
let folders = 0

async function start(peer: Peer, version: string): Promise<Contender> {
  const running = await peer.start({ pki, origin, folder: folderOf(peer) })
  const { child } = await Child.start('processes/traffic.js', [running.trust])
  return { peer, version, running, load: child, route: routeTo(running, origin) }
}

async function stop({ load, running }: Contender): Promise<void> {
  await load.stop()
  await running.stop()
}

function participant({ peer, version, running }: Contender): Participant {
  // What is of this machine and of this run alone says nothing to a reader.
  const configuration = running.configuration
    .replaceAll(pki.folder, '$RUN')
    .replaceAll(BUILD_FOLDER, '.peers')
    .replaceAll(process.execPath, 'node')
    .replaceAll(String(running.port), '$PORT')
    .replaceAll(String(origin.port), '$ORIGIN_PORT')
  return { name: peer.name, version, description: peer.description, configuration }
}

/** Whoever starts takes part; why another does not is in the report. */
async function startAll(): Promise<Contender[]> {
  const contenders: Contender[] = []
  for (const peer of PEERS.filter(({ name }) => asked.includes(name))) {
    const version = peer.version()
    if (version === undefined) missing.push(`${peer.name}: not installed`)
    else {
      try {
        contenders.push(await start(peer, version))
      } catch (error) {
        missing.push(`${peer.name} ${version}: ${messageOf(error)}`)
      }
    }
  }
  return contenders
}

interface LatencySubject {
  readonly name: string
  readonly load: Child
  readonly route: Route
  readonly all: LatencyHistogram
  /** Microseconds, of each round. */
  readonly rounds: { readonly p50: number; readonly p99: number }[]
}

/**
 * Latency of a small request on one connection, nothing else going on, in rounds that take turns; the first entry is the origin without
 * any proxy.
 */
async function latencies(contenders: readonly Contender[]): Promise<LatencyFigure[]> {
  const { child } = await Child.start('processes/traffic.js', [pki.ca])
  const subject = (name: string, load: Child, route: Route): LatencySubject => ({
    name,
    load,
    route,
    all: new LatencyHistogram(),
    rounds: [],
  })
  const direct = subject('direct', child, { port: origin.port, direct: true, authority: `localhost:${origin.port}` })
  const subjects = [direct, ...contenders.map(({ peer, load, route }) => subject(peer.name, load, route))]
  for (let round = 0; round < LATENCY_ROUNDS; round++) for (const one of subjects) await latencyRound(one)
  await child.stop()
  return subjects
    .filter(({ rounds }) => rounds.length === LATENCY_ROUNDS)
    .map(({ name, all, rounds }) => {
      const above = (share: 'p50' | 'p99') =>
        spreadOf(rounds.map((one, round) => (one[share] - (direct.rounds[round]?.[share] ?? 0)) / 1_000))
      return { peer: name, p50: all.quantile(0.5) / 1_000, p99: all.quantile(0.99) / 1_000, added50: above('p50'), added99: above('p99') }
    })
}

async function latencyRound({ name, load, route, all, rounds }: LatencySubject): Promise<void> {
  try {
    await load.ask('connect', { route, servername: 'localhost', connections: 1 } satisfies Connect)
    const run = (count: number) => load.ask<Outcome>('requests', { count, path: '/small', host: route.authority } satisfies Requests)
    await run(LATENCY_WARM_UP)
    const { latency, counts } = await run(LATENCY_REQUESTS)
    await load.ask('close')
    all.merge(counts, latency.max)
    rounds.push({ p50: latency.p50, p99: latency.p99 })
  } catch (error) {
    missing.push(`${name}, latency: ${messageOf(error)}`)
  }
}

/** Memory per idle session, in a process that has done nothing else but a short warm-up. */
async function idle(peer: Peer, version: string): Promise<IdleFigure | undefined> {
  const sessions = Number(values.sessions)
  const contender = await start(peer, version)
  try {
    const { load, route, running } = contender
    const open = (connections: number) => load.ask<Outcome>('connect', { route, servername: 'localhost', connections } satisfies Connect)
    const once = (count: number) => load.ask<Outcome>('requests', { count, path: '/small', host: route.authority } satisfies Requests)
    await open(32)
    await once(640)
    await load.ask('close')
    await sleep(SETTLE_MS)
    const before = running.memory('now')
    const opened = await open(sessions)
    await once(sessions)
    await sleep(SETTLE_MS)
    const after = running.memory('now')
    return { peer: peer.name, kilobytes: (after - before) / 1024 / sessions, base: before / 2 ** 20, failed: opened.failed }
  } catch (error) {
    missing.push(`${peer.name}, idle sessions: ${messageOf(error)}`)
    return undefined
  } finally {
    await stop(contender)
  }
}

const beganMs = performance.now()
const minutes = () => (performance.now() - beganMs) / 60_000
const contenders = await startAll()
const found: Mutable<Report> = {
  machine: machine(),
  loadAfter: [],
  minutes: 0,
  origin: origin.name,
  rounds,
  sessions: Number(values.sessions),
  peers: contenders.map(participant),
  missing,
  figures: {},
  latency: [],
  peaks: [],
  idle: [],
  runtime: [],
  own: [],
  totals: [],
  events: undefined,
  scaling: undefined,
  simulation: undefined,
}

/** One part of the report, written with all before it when it is done; what fails or comes too late is told, and the run goes on. */
async function step(title: string, work: () => Promise<void>): Promise<void> {
  if (minutes() > Number(values.minutes)) {
    missing.push(`${title}: ${values.minutes} minutes were over`)
    return
  }
  console.log(`${minutes().toFixed(1)} min: ${title} …`)
  try {
    await work()
  } catch (error) {
    missing.push(`${title}: ${messageOf(error)}`)
  }
  found.loadAfter = machine().load_average
  found.minutes = minutes()
  writeReport(found, values.out)
}

console.log(
  `${contenders.length} contenders; left out: ${missing.join('; ') || 'nobody'}; at most ${values.minutes} minutes and the step begun by then`,
)
for (const workload of WORKLOADS.filter(({ name }) => values.workloads.split(',').includes(name)))
  await step(workload.title, async () => {
    const figures = await compare(workload, contenders, rounds)
    found.figures = { ...found.figures, [workload.name]: figures }
    for (const { peer, median: value, failed, failures } of figures)
      console.log(
        `  ${peer.padEnd(26)} ${value.toFixed(2)} ${workload.unit}${failed > 0 ? `, ${failed} failed: ${failures.join('; ')}` : ''}`,
      )
  })
const whole = contenders.filter(({ peer }) => peer.only === undefined)
await step('latency', async () => {
  found.latency = await latencies(whole)
})
for (const { peer, running } of contenders) {
  const counted = await running.events?.()
  if (counted !== undefined) found.totals = [...found.totals, { peer: peer.name, ...counted }]
}
found.peaks = whole.map(({ peer, running }) => ({ peer: peer.name, megabytes: running.memory('peak') / 2 ** 20 }))
for (const contender of contenders) await stop(contender)
if (values.workloads.split(',').includes(OWN)) {
  await step('the engine against itself', async () => {
    found.own = await ownComparisons(start, rounds)
  })
  await step('what events cost', async () => {
    found.events = await eventCosts()
  })
  await step('how far it scales with cores', async () => {
    found.scaling = await scaling(pki, origin, SCALING_ROUNDS)
    found.simulation = simulations()
  })
  await step('what Node tells', async () => {
    found.runtime = await runtimeUse(start)
  })
}
for (const { peer, version } of whole)
  await step(`idle sessions: ${peer.name}`, async () => {
    const figure = await idle(peer, version)
    if (figure !== undefined) found.idle = [...found.idle, figure]
  })
await origin.stop()
pki.remove()
console.log(`written: ${join(values.out, 'REPORT.md')}, report.json, report.svg, after ${minutes().toFixed(1)} minutes`)
