/**
 * The engine under numbers: short connections, held sessions, a worker killed under load. Clients, engine and origin are
 * processes of their own, because each may have so many descriptors only. Ends with exit code 1 where anything was lost.
 *
 *     node dist/test/stress/engine-stress.js [--short 20000] [--held 9000] [--killed 400] [--workers 2]
 */

import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { makeBenchPki } from '../../bench/support/bench-pki.ts'
import { Child } from '../../bench/support/child.ts'
import type { Outcome } from './processes/stress-clients.ts'

interface Stats {
  readonly ends: Readonly<Record<string, number>>
  readonly dropped: number
}

const CONCURRENCY = 64
const SETTLE_DEADLINE_MS = 180_000
const KB = 1_024
/** What an idle intercepted session may take, resident. */
const SESSION_KB = 100
/** Below that number the process's own growth drowns what a session takes. */
const MEASURABLE_SESSIONS = 2_000

const { values } = parseArgs({
  options: {
    short: { type: 'string', default: '20000' },
    held: { type: 'string', default: '9000' },
    killed: { type: 'string', default: '400' },
    workers: { type: 'string', default: '2' },
  },
})
const pki = makeBenchPki()
let failures = 0

function check(holds: boolean, sentence: string): void {
  if (!holds) failures++
  console.log(`${holds ? 'ok' : 'FAILED'}: ${sentence}`)
}

/** A fresh engine, origin and clients for `run`. */
async function scene(name: string, run: (scene: Scene) => Promise<void>): Promise<void> {
  const origin = await Child.start<{ port: number }>('processes/https-origin.js', [pki.certificate, pki.key, '1'])
  const options = {
    listen: '127.0.0.1:0',
    admin: false,
    workers: Number(values.workers),
    ca_dir: join(pki.folder, name),
    upstream: { extra_ca_file: pki.ca },
  }
  const engine = await Child.start<{ port: number; ca: string }>(
    '../test/stress/processes/stress-engine.js',
    [JSON.stringify(options)],
    ['--expose-gc'],
  )
  const clients = await Child.start('../test/stress/processes/stress-clients.js', [engine.ready.ca])
  const load = { proxyPort: engine.ready.port, originPort: origin.ready.port, concurrency: CONCURRENCY }
  try {
    await run({ engine: engine.child, clients: clients.child, load })
  } finally {
    await Promise.all([engine.child.stop(), clients.child.stop(), origin.child.stop()])
  }
}

interface Scene {
  readonly engine: Child
  readonly clients: Child
  readonly load: { readonly proxyPort: number; readonly originPort: number; readonly concurrency: number }
}

function sum(stats: Stats, kind: 'flow' | 'exchange', reason = ''): number {
  return Object.entries(stats.ends)
    .filter(([key]) => key.startsWith(`${kind} ${reason}`))
    .reduce((total, [, count]) => total + count, 0)
}

/** The engine's counts, once so many flows have ended. */
async function settled(engine: Child, flows: number): Promise<Stats> {
  for (const deadline = performance.now() + SETTLE_DEADLINE_MS; ; await delay(100)) {
    const stats = await engine.ask<Stats>('stats')
    if (sum(stats, 'flow') >= flows || performance.now() > deadline) return stats
  }
}

/** Once the loss of a worker's sessions is told, and told to the end. */
async function lossTold(engine: Child): Promise<void> {
  let told = 0
  for (const deadline = performance.now() + SETTLE_DEADLINE_MS; performance.now() < deadline; ) {
    await delay(1_000)
    const lost = sum(await engine.ask<Stats>('stats'), 'flow', 'worker_lost')
    if (lost > 0 && lost === told) return
    told = lost
  }
}

/** In parts, each within a child's time for one answer. */
async function inParts(count: number, part: number, run: (count: number) => Promise<Outcome>): Promise<Outcome> {
  const total: Outcome = { ok: 0, failed: {} }
  for (let left = count; left > 0; left -= part) {
    const { ok, failed } = await run(Math.min(part, left))
    total.ok += ok
    for (const [why, n] of Object.entries(failed)) total.failed[why] = (total.failed[why] ?? 0) + n
  }
  return total
}

async function shortConnections({ engine, clients, load }: Scene): Promise<void> {
  const count = Number(values.short)
  const started = performance.now()
  const cpu = await engine.cpu()
  const { ok, failed } = await inParts(count, 1_000, (part) => clients.ask<Outcome>('short', { ...load, count: part }))
  const seconds = (performance.now() - started) / 1_000
  const micros = ((await engine.cpu()) - cpu) / count
  const stats = await settled(engine, count)
  check(
    ok === count,
    `${ok} of ${count} short connections answered in ${seconds.toFixed(1)} s, ${(micros / 1_000).toFixed(2)} ms CPU each; ${JSON.stringify(failed)}`,
  )
  check(
    sum(stats, 'flow') === count && sum(stats, 'exchange', 'completed') === count,
    `each has its terminal events: ${JSON.stringify(stats.ends)}`,
  )
  check(stats.dropped === 0, `${stats.dropped} events dropped`)
}

async function resident(engine: Child): Promise<number> {
  await engine.ask('gc')
  await delay(500)
  return (await engine.ask<NodeJS.MemoryUsage>('memory')).rss
}

async function heldSessions({ engine, clients, load }: Scene): Promise<void> {
  const count = Number(values.held)
  await clients.ask('short', { ...load, count: 200 })
  await settled(engine, 200)
  const before = await resident(engine)
  const opened = await inParts(count, 500, (part) => clients.ask<Outcome>('hold', { ...load, count: part }))
  check(opened.ok === count, `${opened.ok} of ${count} sessions opened and used; ${JSON.stringify(opened.failed)}`)
  await delay(2_000)
  const each = ((await resident(engine)) - before) / count / KB
  const isMeasured = count >= MEASURABLE_SESSIONS
  check(
    !isMeasured || each <= SESSION_KB,
    `${each.toFixed(1)} KB resident per idle intercepted session${isMeasured ? '' : ' (too few to judge)'}`,
  )
  const touched = await clients.ask<Outcome>('touch', { concurrency: CONCURRENCY })
  check(touched.ok === count, `${touched.ok} of ${count} sessions used again; ${JSON.stringify(touched.failed)}`)
  await clients.ask('release')
  const stats = await settled(engine, count + 200)
  check(sum(stats, 'flow') === count + 200 && stats.dropped === 0, `every session has ended: ${JSON.stringify(stats.ends)}`)
}

async function killedWorker({ engine, clients, load }: Scene): Promise<void> {
  const count = Number(values.killed)
  const opened = await clients.ask<Outcome>('hold', { ...load, count })
  check(opened.ok === count, `${opened.ok} of ${count} sessions opened`)
  const under = clients.ask<Outcome>('touch', { concurrency: count })
  await engine.ask('kill')
  await under
  await lossTold(engine)
  const left = await clients.ask<Outcome>('touch', { concurrency: CONCURRENCY })
  const stats = await engine.ask<Stats>('stats')
  const lost = sum(stats, 'flow', 'worker_lost')
  check(lost > 0 && lost < count, `${lost} of ${count} sessions were the killed worker's`)
  check(left.ok === count - lost, `${left.ok} of the others go on; ${JSON.stringify(left.failed)}`)
  const after = await clients.ask<Outcome>('short', { ...load, count: 200 })
  check(after.ok === 200, `${after.ok} of 200 new connections, served by the successor too; ${JSON.stringify(after.failed)}`)
  await clients.ask('release')
  const last = await settled(engine, count + 200)
  check(sum(last, 'flow') === count + 200, `every flow has ended once: ${JSON.stringify(last.ends)}`)
}

try {
  if (Number(values.short) > 0) await scene('short', shortConnections)
  if (Number(values.killed) > 0) await scene('killed', killedWorker)
  if (Number(values.held) > 0) await scene('held', heldSessions)
} finally {
  pki.remove()
}
console.log(failures === 0 ? 'nothing was lost' : `${failures} checks failed`)
process.exitCode = failures === 0 ? 0 : 1
