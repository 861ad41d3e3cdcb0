/**
 * CPU per small keep-alive request: the engine, with everything observed, against a relay that copies bytes between two TLS
 * sockets and does nothing else. What counts is the ratio; the absolute times are the machine's.
 *
 * Each repeat starts fresh processes, warms them up, and alternates between the variants in short rounds, in both orders: the
 * ratio of a round compares figures that were taken within a second of each other, and the median over all rounds is printed.
 * At a given `--rate` every variant carries the same load; without, each is asked as fast as it answers, on few connections.
 *
 *     node dist/bench/request-cost.bench.js [--rate 0] [--requests 4000] [--rounds 12] [--repeats 2] [--connections 16]
 */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BenchPki, makeBenchPki } from './support/bench-pki.ts'
import { Child } from './support/child.ts'
import { median, range } from './support/statistics.ts'

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '0' },
    requests: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '12' },
    repeats: { type: 'string', default: '2' },
    connections: { type: 'string', default: '16' },
  },
})
const rate = Number(values.rate)
const requests = Number(values.requests)
const connections = Number(values.connections)
/** Enough for the optimizing compiler on the hot path of every variant. */
const WARM_UP_REQUESTS = 20_000

const BARE = 'bare relay'
const ENGINE = 'engine'
const WITH_FILE = 'engine with NDJSON file'

interface Variant {
  readonly name: string
  readonly child: Child
  readonly load: Child
  readonly port: number
}

const micros: Readonly<Record<string, number[]>> = { [BARE]: [], [ENGINE]: [], [WITH_FILE]: [] }
const ratios: Readonly<Record<string, number[]>> = { [BARE]: [], [ENGINE]: [], [WITH_FILE]: [] }

async function bare(pki: BenchPki): Promise<Variant> {
  const { child, ready } = await Child.start<{ port: number }>('processes/bare-relay.js', [pki.ca, pki.certificate, pki.key])
  const { child: load } = await Child.start('processes/keep-alive-load.js', [pki.ca])
  return { name: BARE, child, load, port: ready.port }
}

async function engine(pki: BenchPki, name: string, more: object): Promise<Variant> {
  const options = {
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    workers: 1,
    ca_dir: join(pki.folder, name.replaceAll(' ', '-')),
    upstream: { extra_ca_file: pki.ca },
    ...more,
  }
  const { child, ready } = await Child.start<{ port: number; ca: string }>('processes/engine.js', [JSON.stringify(options)])
  const { child: load } = await Child.start('processes/keep-alive-load.js', [ready.ca])
  return { name, child, load, port: ready.port }
}

async function repeat(): Promise<void> {
  const pki = makeBenchPki()
  const origin = await Child.start<{ port: number }>('processes/https-origin.js', [pki.certificate, pki.key, '128'])
  const file = join(pki.folder, 'events.ndjson')
  const variants = [await bare(pki), await engine(pki, ENGINE, {}), await engine(pki, WITH_FILE, { events: { file } })]
  for (const { port, load } of variants) {
    await load.ask('connect', { proxyPort: port, originPort: origin.ready.port, connections })
    await load.ask('run', { requests: WARM_UP_REQUESTS, rate: 0 })
  }
  for (let number = 0; number < Number(values.rounds); number++) await round(number % 2 === 0 ? variants : variants.toReversed())
  for (const { child, load } of variants) {
    await load.stop()
    await child.stop()
  }
  await origin.child.stop()
  pki.remove()
}

async function round(variants: readonly Variant[]): Promise<void> {
  const costs: Record<string, number> = {}
  for (const { name, child, load } of variants) {
    const before = await child.cpu()
    await load.ask('run', { requests, rate })
    costs[name] = ((await child.cpu()) - before) / requests
  }
  for (const [name, cost] of Object.entries(costs)) {
    micros[name]?.push(cost)
    ratios[name]?.push(cost / (costs[BARE] as number))
  }
}

for (let number = 0; number < Number(values.repeats); number++) await repeat()
const pace = rate === 0 ? 'as fast as answered' : `${rate} requests/s`
const rounds = `${values.repeats} × ${values.rounds} rounds of ${requests} requests on ${connections} connections, ${pace}`
console.log(`node ${process.version}, openssl ${process.versions.openssl}; ${rounds}`)
for (const [name, costs] of Object.entries(micros)) {
  const ratio = ratios[name] ?? []
  const cost = `${median(costs).toFixed(1).padStart(6)} µs CPU per request (${range(costs, 1)})`
  console.log(`${name.padEnd(26)} ${cost}   × ${median(ratio).toFixed(2)} (${range(ratio, 2)})`)
}
