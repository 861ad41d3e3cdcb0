/**
 * CPU of the engine per new client connection with the origin's connection reused, and without: engines that differ in `upstream.reuse`
 * only, and the same clients, which send a keep-alive request, read its reply and close.
 *
 * Without reuse there are two cases: the origin's TLS session is resumed, as the engine does by itself wherever it can, or the handshake
 * there is a full one, as with a host met for the first time. Each case has an engine of its own, so that all have served as many
 * connections: the compiler is at work for the first 20,000 to 40,000 of them. Sixteen connections are under way at a time: with four an engine that reuses waits for its clients, and runs on a busy machine
 * differ by a fifth. The engine's process alone is measured, all threads, all events on. Rounds
 * are short and alternate in both orders, so that a ratio compares what was measured within a second; each is checked by the
 * engine's own metrics of reuse and resumption.
 *
 *     node dist/bench/reuse-cost.bench.js [--connections 200] [--rounds 48] [--warm-up 150] [--concurrency 16] [--web] [--post-quantum] [--trend]
 *
 * `--web`: the origin has a chain of RSA-2048, and the client takes RSA signatures only, so that its leaf is one, too. `--post-quantum`: the
 * origin takes X25519MLKEM768 and nothing else, as one elsewhere may; without full handshakes there, for the engine, which takes the
 * origin for one on this machine, would first ask in vain. `--trend`: the rounds one by one, the warm-up's too.
 */

import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Handshakes } from './processes/handshake-load.ts'
import { makeBenchPki, makeWebPki } from './support/bench-pki.ts'
import { Child } from './support/child.ts'
import { median, quartiles } from './support/statistics.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '48' },
    concurrency: { type: 'string', default: '16' },
    'warm-up': { type: 'string', default: '150' },
    web: { type: 'boolean', default: false },
    'post-quantum': { type: 'boolean', default: false },
    trend: { type: 'boolean', default: false },
  },
})
const count = Number(values.connections)
const VERSION = 'TLSv1.3'
const RSA_SIGNATURES = 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256:rsa_pkcs1_sha384'
/** Connections under way at a time; as many may find none parked at the start of a round. */
const concurrency = Number(values.concurrency)

const REUSED = 'reused'
const RESUMED = 'not reused, session resumed'
const FULL = 'not reused, full handshake'
const NAMES = values['post-quantum'] ? [REUSED, RESUMED] : [REUSED, RESUMED, FULL]

interface Engine {
  readonly child: Child
  readonly admin: string
  readonly port: number
  readonly ca: string
}

/** What the engine's metrics say so far. */
interface Told {
  readonly reused: number
  readonly resumed: number
}

const pki = values.web ? makeWebPki() : makeBenchPki()
const groups = values['post-quantum'] ? ['X25519MLKEM768'] : []
const origin = await Child.start<{ port: number }>('processes/https-origin.js', [pki.certificate, pki.key, '128', VERSION, ...groups])
const engines = new Map<string, Engine>()
for (const name of NAMES) engines.set(name, await startEngine(name === REUSED))
// All engines have the CA of one folder, so that the clients of all are the same process.
const { ca } = engineOf(REUSED)
const { child: load } = await Child.start('processes/handshake-load.js', [ca, VERSION, ...(values.web ? [RSA_SIGNATURES] : [])])

async function startEngine(reuse: boolean): Promise<Engine> {
  const options = {
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    workers: 1,
    ca_dir: join(pki.folder, 'ca'),
    upstream: { extra_ca_file: pki.ca, reuse },
  }
  const { child, ready } = await Child.start<Omit<Engine, 'child'>>('processes/engine.js', [JSON.stringify(options)])
  return { ...ready, child }
}

function engineOf(name: string): Engine {
  const engine = engines.get(name)
  if (engine === undefined) throw new Error(`no engine for "${name}"`)
  return engine
}

/** Microseconds of CPU per connection. */
async function cost(name: string): Promise<number> {
  const engine = engineOf(name)
  const route = { port: engine.port, authority: `localhost:${origin.ready.port}` }
  const asked: Handshakes = { route, count, resumesClient: false, resumesOrigin: name !== FULL, unannounced: true, concurrency }
  // So that there is something to reuse and to resume: parked connections last for two seconds.
  await load.ask('run', { ...asked, count: 2 * concurrency })
  const told = await tell(engine)
  const before = await engine.child.cpu()
  await load.ask('run', asked)
  const spent = (await engine.child.cpu()) - before
  const toldThen = await tell(engine)
  const reused = toldThen.reused - told.reused
  const resumed = toldThen.resumed - told.resumed
  const isAsWanted =
    name === REUSED
      ? reused >= count - concurrency && reused + resumed === count
      : reused === 0 && resumed === (name === RESUMED ? count : 0)
  if (!isAsWanted) throw new Error(`${name}: of ${count} connections to the origin ${reused} reused, ${resumed} resumed`)
  return spent / count
}

async function tell({ admin }: Engine): Promise<Told> {
  const text = await (await fetch(`http://${admin}/metrics`)).text()
  const of = (series: string) =>
    Number(
      text
        .split('\n')
        .find((line) => line.startsWith(`${series} `))
        ?.slice(series.length) ?? 0,
    )
  return { reused: of('soth_mitm_origin_connections_reused_total'), resumed: of('soth_mitm_tls_resumptions_total{side="upstream"}') }
}

/** One round of all variants. */
async function round(number: number): Promise<ReadonlyMap<string, number>> {
  const costs = new Map<string, number>()
  for (const name of number % 2 === 0 ? NAMES : NAMES.toReversed()) costs.set(name, await cost(name))
  if (values.trend) console.log(`${number}: ${NAMES.map((name) => `${name} ${costs.get(name)?.toFixed(0)}`).join(', ')}`)
  return costs
}

for (let number = -Number(values['warm-up']); number < 0; number++) await round(number)
const rounds: ReadonlyMap<string, number>[] = []
for (let number = 0; number < Number(values.rounds); number++) rounds.push(await round(number))

const run = `${values.rounds} rounds of ${count} connections after ${values['warm-up']}; load ${loadavg()[0]?.toFixed(1)}`
console.log(`node ${process.version}, openssl ${process.versions.openssl}; ${run}`)
const costOf = (costs: ReadonlyMap<string, number>, name: string) => costs.get(name) ?? Number.NaN
for (const name of NAMES) {
  const own = rounds.map((costs) => costOf(costs, name))
  const ratios = rounds.map((costs) => costOf(costs, REUSED) / costOf(costs, name))
  const micros = `${median(own).toFixed(0).padStart(5)} µs CPU per connection (quartiles ${quartiles(own, 0)})`
  const ratio = name === REUSED ? '' : `   reused: × ${median(ratios).toFixed(3)} (quartiles ${quartiles(ratios, 3)})`
  console.log(`${name.padEnd(28)} ${micros}${ratio}`)
}
for (const child of [load, ...[...engines.values()].map((engine) => engine.child), origin.child]) await child.stop()
pki.remove()
