/**
 * CPU of the engine per connection by what its two TLS handshakes are: full or resumed, towards the client and towards the origin.
 *
 * The engine's process alone is measured, all threads, with all events on. Each connection is CONNECT, both handshakes, one small
 * request and its reply; the same connection through a tunnel costs all of that but handshakes and HTTP, and what is above it
 * is what interception costs. Every round is checked: the client counts what was resumed there, the engine's metrics on both sides.
 *
 *     node dist/bench/resumption-cost.bench.js [--connections 300] [--rounds 10] [--web]
 *
 * `--web`: the origin has a chain of RSA-2048, and the client takes RSA signatures only, so that its leaf is one, too.
 */

import { loadavg } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Handshakes } from './processes/handshake-load.ts'
import { type BenchPki, makeBenchPki, makeWebPki } from './support/bench-pki.ts'
import { Child } from './support/child.ts'
import { median, range } from './support/statistics.ts'

const { values } = parseArgs({
  options: {
    connections: { type: 'string', default: '300' },
    rounds: { type: 'string', default: '10' },
    web: { type: 'boolean', default: false },
  },
})
const count = Number(values.connections)
const RSA_SIGNATURES = 'rsa_pss_rsae_sha256:rsa_pkcs1_sha256:rsa_pkcs1_sha384'

const VARIANTS = {
  tunnelled: undefined,
  'full on both sides': { resumesClient: false, resumesOrigin: false },
  'client resumed': { resumesClient: true, resumesOrigin: false },
  'origin resumed': { resumesClient: false, resumesOrigin: true },
  'resumed on both sides': { resumesClient: true, resumesOrigin: true },
} as const
type Variant = keyof typeof VARIANTS
const NAMES = Object.keys(VARIANTS) as Variant[]
const FULL = 'full on both sides'
const TUNNELLED = 'tunnelled'

interface Subject {
  readonly engine: Child
  readonly admin: string
  readonly load: Child
  readonly port: number
  readonly originPort: number
}

async function start(pki: BenchPki, version: string, action: string): Promise<Subject & { stop(): Promise<void> }> {
  const origin = await Child.start<{ port: number }>('processes/https-origin.js', [pki.certificate, pki.key, '128', version])
  const options = {
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    workers: 1,
    ca_dir: join(pki.folder, `${version}-${action}`),
    upstream: { extra_ca_file: pki.ca, reuse: false },
    default_action: action,
  }
  const { child: engine, ready } = await Child.start<{ port: number; admin: string; ca: string }>('processes/engine.js', [
    JSON.stringify(options),
  ])
  const { child: load } = await Child.start('processes/handshake-load.js', [
    action === 'tunnel' ? pki.ca : ready.ca,
    version,
    ...(values.web ? [RSA_SIGNATURES] : []),
  ])
  const children = [load, engine, origin.child]
  const stop = async () => {
    for (const child of children) await child.stop()
  }
  return { engine, admin: ready.admin, load, port: ready.port, originPort: origin.ready.port, stop }
}

const WARM_UP_ROUNDS = 5

function routeTo({ port, originPort }: Pick<Subject, 'port' | 'originPort'>): Pick<Handshakes, 'route'> {
  return { route: { port, authority: `localhost:${originPort}` } }
}

/** Microseconds of CPU per connection. */
async function cost({ engine, admin, load, port, originPort }: Subject, variant: Variant): Promise<number> {
  const asked: Handshakes = { ...routeTo({ port, originPort }), count, ...(VARIANTS[variant] ?? VARIANTS[FULL]) }
  // So that there is something to resume: the engine keeps sessions of 512 offers, which two full variants in a row exceed.
  await load.ask('run', { ...asked, count: 1, resumesClient: false })
  const told = await resumptions(admin)
  const before = await engine.cpu()
  const resumed = await load.ask<number>('run', asked)
  const spent = (await engine.cpu()) - before
  const toldThen = await resumptions(admin)
  const wanted =
    variant === TUNNELLED ? [0, 0, 0] : [asked.resumesClient, asked.resumesClient, asked.resumesOrigin].map((is) => (is ? count : 0))
  const found = [resumed, toldThen.client - told.client, toldThen.upstream - told.upstream]
  if (found.join() !== wanted.join())
    throw new Error(`${variant}: resumed (client, engine's two sides) ${found.join()}, not ${wanted.join()}`)
  return spent / count
}

/** What the engine's metrics say so far. */
async function resumptions(admin: string): Promise<{ client: number; upstream: number }> {
  const text = await (await fetch(`http://${admin}/metrics`)).text()
  const of = (side: string) => Number(new RegExp(`^soth_mitm_tls_resumptions_total{side="${side}"} (\\d+)$`, 'm').exec(text)?.[1] ?? 0)
  return { client: of('client'), upstream: of('upstream') }
}

/** Ratios to the full variant, round by round, of what is above `floor`. */
function ratios(costs: readonly number[], full: readonly number[], floor: readonly number[]): number[] {
  return costs.map((cost, round) => (cost - (floor[round] ?? 0)) / ((full[round] ?? Number.NaN) - (floor[round] ?? 0)))
}

function tell(version: string, costs: Readonly<Record<Variant, number[]>>): void {
  for (const name of NAMES) {
    const own = costs[name]
    const whole = ratios(own, costs[FULL], [])
    const above = ratios(own, costs[FULL], costs[TUNNELLED])
    const line = [
      `${version} ${name.padEnd(22)} ${median(own).toFixed(0).padStart(5)} µs CPU per connection (${range(own, 0)})`,
      `× ${median(whole).toFixed(2)} (${range(whole, 2)})`,
      `above the tunnel × ${median(above).toFixed(2)} (${range(above, 2)})`,
    ]
    console.log(line.join('   '))
  }
}

async function measure(version: string): Promise<void> {
  const pki = values.web ? makeWebPki() : makeBenchPki()
  const intercepting = await start(pki, version, 'intercept')
  const tunnelling = await start(pki, version, 'tunnel')
  const subjectOf = (variant: Variant) => (variant === TUNNELLED ? tunnelling : intercepting)
  for (let round = 0; round < WARM_UP_ROUNDS; round++) for (const variant of NAMES) await cost(subjectOf(variant), variant)
  const costs = { [TUNNELLED]: [], [FULL]: [], 'client resumed': [], 'origin resumed': [], 'resumed on both sides': [] } as Record<
    Variant,
    number[]
  >
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const variant of round % 2 === 0 ? NAMES : NAMES.toReversed()) costs[variant].push(await cost(subjectOf(variant), variant))
  }
  tell(version, costs)
  await intercepting.stop()
  await tunnelling.stop()
  pki.remove()
}

const run = `${values.rounds} rounds of ${count} connections; load ${loadavg()[0]?.toFixed(1)}`
console.log(`node ${process.version}, openssl ${process.versions.openssl}; ${run}`)
for (const version of ['TLSv1.2', 'TLSv1.3']) await measure(version)
