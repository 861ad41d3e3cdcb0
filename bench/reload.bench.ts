/**
 * Reload at scale: 100,000 rules under load, with two workers. How long the reload takes, and the longest that a request on an open
 * connection, and a new connection, waited meanwhile; beside it the same without a reload, which is what the machine itself costs.
 *
 * And what one loading costs by itself, in a process that does nothing else: CPU, which a busy machine changes least.
 *
 * Target: ≤ 1 s, nothing lost, nothing delayed by more than 50 ms. Run: `node dist/bench/reload.bench.js [--rules N] [--rounds N] [--yaml]`.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { stringify } from 'yaml'
import { loadConfigurationFile } from '../src/loader/load-configuration.ts'
import { makeBenchPki } from './support/bench-pki.ts'
import { Child } from './support/child.ts'
import { median } from './support/statistics.ts'

const { values } = parseArgs({
  options: {
    rules: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '8' },
    yaml: { type: 'boolean', default: false },
  },
})
const SETTLE_MS = 1_000

interface Waited {
  readonly count: number
  readonly max_ms: number
  readonly p99_ms: number
  readonly lost: number
}

interface Window {
  readonly requests: Waited
  readonly probes: Waited
}

const pki = makeBenchPki()
const origin = await Child.start<{ port: number }>('processes/https-origin.js', [pki.certificate, pki.key, '128'])
const options = {
  listen: '127.0.0.1:0',
  admin: false,
  workers: 2,
  ca_dir: join(pki.folder, 'ca'),
  upstream: { extra_ca_file: pki.ca },
  rules: [{ match: { host: 'blocked.test' }, action: 'block' }],
}
const engine = await Child.start<{ port: number; ca: string }>('processes/engine.js', [JSON.stringify(options)])
const load = await Child.start('processes/gap-load.js', [engine.ready.ca])

function writeRules(file: string, round: number): void {
  const rules = Array.from({ length: Number(values.rules) - 1 }, (_, n) => {
    const host = n % 10 === 8 ? `*.r${round}-${n}.zone-${n % 1_000}.example` : `r${round}-${n}.zone-${n % 1_000}.example`
    return { match: { host }, action: n % 2 === 0 ? 'block' : 'tunnel' }
  })
  const whole = { ...options, rules: [...options.rules, ...rules] }
  writeFileSync(file, values.yaml ? stringify(whole, { lineWidth: 0 }) : JSON.stringify(whole))
}

/** Milliseconds of CPU, and of the clock. */
async function loadAlone(file: string): Promise<{ readonly cpu: number; readonly wall: number }> {
  const started = performance.now()
  const before = process.cpuUsage()
  await loadConfigurationFile({ file, overrides: {} })
  const { user, system } = process.cpuUsage(before)
  return { cpu: (user + system) / 1_000, wall: performance.now() - started }
}

const megabytes = (bytes: number) => Math.round(bytes / 1e5) / 10
const taken: { readonly quiet: Window; readonly reloading: Window; readonly ms: number }[] = []
await load.child.ask('connect', { proxyPort: engine.ready.port, originPort: origin.ready.port, connections: Number(values.connections) })
await delay(SETTLE_MS)
const before = await engine.child.ask<NodeJS.MemoryUsage>('memory')
for (let round = 0; round < Number(values.rounds); round++) {
  const file = join(pki.folder, `rules-${round}`)
  writeRules(file, round)
  await load.child.ask('window')
  await delay(SETTLE_MS)
  const quiet = await load.child.ask<Window>('window')
  const started = performance.now()
  await engine.child.ask('reload', { file, overrides: {} })
  const ms = performance.now() - started
  taken.push({ quiet, reloading: await load.child.ask<Window>('window'), ms })
  await delay(SETTLE_MS)
}
await engine.child.ask('gc')
const after = await engine.child.ask<NodeJS.MemoryUsage>('memory')
for (const { child } of [load, engine, origin]) await child.stop()
const alone = []
for (let round = 0; round < Number(values.rounds); round++) alone.push(await loadAlone(join(pki.folder, `rules-${round}`)))

const summary = (pick: (one: (typeof taken)[number]) => Waited) => ({
  max_ms: taken.map((one) => Math.round(pick(one).max_ms)),
  p99_ms_median: Math.round(median(taken.map((one) => pick(one).p99_ms)) * 10) / 10,
  answered: taken.reduce((sum, one) => sum + pick(one).count, 0),
  lost: taken.reduce((sum, one) => sum + pick(one).lost, 0),
})
const report = {
  rules: Number(values.rules),
  format: values.yaml ? 'yaml' : 'json',
  alone: { cpu_ms: Math.round(median(alone.map(({ cpu }) => cpu))), wall_ms: Math.round(median(alone.map(({ wall }) => wall))) },
  reload_ms: taken.map(({ ms }) => Math.round(ms)),
  requests: { quiet: summary(({ quiet }) => quiet.requests), reloading: summary(({ reloading }) => reloading.requests) },
  new_connections: { quiet: summary(({ quiet }) => quiet.probes), reloading: summary(({ reloading }) => reloading.probes) },
  resident_megabytes: { before: megabytes(before.rss), after: megabytes(after.rss) },
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
