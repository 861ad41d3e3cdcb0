/**
 * CPU per small HTTP/2 request: the engine, with all events on, against a relay that copies the bytes between two TLS sockets, and
 * against a proxy that terminates HTTP/2 with node:http2 on both sides. What counts are the ratios; the absolute times are the
 * machine's.
 *
 * Each repeat starts fresh processes, warms them up, and alternates between the variants in short rounds, in both orders; the median
 * of the ratios of all rounds is printed.
 *
 *     node dist/bench/http2-cost.bench.js [--requests 4000] [--rounds 10] [--repeats 1] [--connections 4] [--streams 10]
 */

import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type BenchPki, makeBenchPki } from './support/bench-pki.ts'
import { Child } from './support/child.ts'
import { median, range } from './support/statistics.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '4000' },
    rounds: { type: 'string', default: '10' },
    repeats: { type: 'string', default: '1' },
    connections: { type: 'string', default: '4' },
    streams: { type: 'string', default: '10' },
  },
})
const requests = Number(values.requests)
const connections = Number(values.connections)
const streams = Number(values.streams)
/** Enough for the optimizing compiler on the hot path of every variant. */
const WARM_UP_REQUESTS = 60_000

const BARE = 'bare relay'
const ENGINE = 'engine'
const TERMINATING = 'node:http2 on both sides'

interface Variant {
  readonly name: string
  readonly child: Child
  readonly load: Child
  readonly port: number
}

const micros: Readonly<Record<string, number[]>> = { [BARE]: [], [ENGINE]: [], [TERMINATING]: [] }
const ratios: Readonly<Record<string, number[]>> = { [BARE]: [], [ENGINE]: [], [TERMINATING]: [] }

async function proxy(pki: BenchPki, name: string, module: string): Promise<Variant> {
  const { child, ready } = await Child.start<{ port: number }>(module, [pki.ca, pki.certificate, pki.key, 'h2'])
  const { child: load } = await Child.start('processes/http2-load.js', [pki.ca])
  return { name, child, load, port: ready.port }
}

async function engine(pki: BenchPki, name: string): Promise<Variant> {
  const options = {
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    workers: 1,
    ca_dir: join(pki.folder, name.replaceAll(' ', '-')),
    upstream: { extra_ca_file: pki.ca },
  }
  const { child, ready } = await Child.start<{ port: number; ca: string }>('processes/engine.js', [JSON.stringify(options)])
  const { child: load } = await Child.start('processes/http2-load.js', [ready.ca])
  return { name, child, load, port: ready.port }
}

async function repeat(): Promise<void> {
  const pki = makeBenchPki()
  const origin = await Child.start<{ port: number }>('processes/http2-origin.js', [pki.certificate, pki.key, '128'])
  const variants = [
    await proxy(pki, BARE, 'processes/bare-relay.js'),
    await engine(pki, ENGINE),
    await proxy(pki, TERMINATING, 'processes/http2-terminating-proxy.js'),
  ]
  for (const { port, load } of variants) {
    await load.ask('connect', { proxyPort: port, originPort: origin.ready.port, connections })
    await load.ask('run', { requests: WARM_UP_REQUESTS, streams })
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
    await load.ask('run', { requests, streams })
    costs[name] = ((await child.cpu()) - before) / requests
  }
  for (const [name, cost] of Object.entries(costs)) {
    micros[name]?.push(cost)
    ratios[name]?.push(cost / (costs[BARE] as number))
  }
}

for (let number = 0; number < Number(values.repeats); number++) await repeat()
const rounds = `${values.repeats} × ${values.rounds} rounds of ${requests} requests on ${connections} connections × ${streams} streams; load ${loadavg()[0]?.toFixed(1)}`
console.log(`node ${process.version}, openssl ${process.versions.openssl}; ${rounds}`)
for (const [name, costs] of Object.entries(micros)) {
  const ratio = ratios[name] ?? []
  const cost = `${median(costs).toFixed(1).padStart(6)} µs CPU per request (${range(costs, 1)})`
  console.log(`${name.padEnd(26)} ${cost}   × ${median(ratio).toFixed(2)} (${range(ratio, 2)})`)
}
console.log(`engine / terminating: ${(median(micros[ENGINE] ?? []) / median(micros[TERMINATING] ?? [])).toFixed(2)}`)
