/**
 * Resident memory per idle intercepted session: the engine, and a relay that copies bytes between two TLS sockets and does
 * nothing else. Each session is a CONNECT, two handshakes and one small exchange; afterwards it stays open. What is divided
 * by the sessions is the growth of the process after a first horde has warmed it up and gone, garbage collected before both
 * readings.
 *
 *     node dist/bench/idle-memory.bench.js [--sessions 9000] [--workers 2] [--warm-up 200] [--only engine|bare] [--post-quantum]
 *
 * The origin is on this machine, and the engine agrees on keys with it as it does with such (`workers/tls/local-peer.ts`). With
 * `--post-quantum` it takes X25519MLKEM768 and nothing else: then the handshakes are those with an origin elsewhere that prefers it.
 */

import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type BenchPki, makeBenchPki } from './support/bench-pki.ts'
import { Child } from './support/child.ts'

const { values } = parseArgs({
  options: {
    sessions: { type: 'string', default: '9000' },
    workers: { type: 'string', default: '2' },
    'warm-up': { type: 'string', default: '200' },
    only: { type: 'string' },
    'post-quantum': { type: 'boolean', default: false },
  },
})
const sessions = Number(values.sessions)
/** Beyond the sweeps, gauges and coalesced collections that follow a burst. */
const SETTLE_MS = 4_000
const KIBIBYTE = 1_024

interface Proxy {
  readonly child: Child
  readonly port: number
  readonly ca: string
}

async function bare(pki: BenchPki): Promise<Proxy> {
  const { child, ready } = await Child.start<{ port: number }>(
    'processes/bare-relay.js',
    [pki.ca, pki.certificate, pki.key],
    ['--expose-gc'],
  )
  return { child, port: ready.port, ca: pki.ca }
}

async function engine(pki: BenchPki): Promise<Proxy> {
  const options = {
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    workers: Number(values.workers),
    ca_dir: `${pki.folder}/ca`,
    upstream: { extra_ca_file: pki.ca },
  }
  const { child, ready } = await Child.start<{ port: number; ca: string }>(
    'processes/engine.js',
    [JSON.stringify(options)],
    ['--expose-gc'],
  )
  return { child, port: ready.port, ca: ready.ca }
}

async function residentAfterGc(child: Child): Promise<number> {
  await delay(SETTLE_MS)
  await child.ask('gc')
  await delay(SETTLE_MS / 4)
  return (await child.ask<NodeJS.MemoryUsage>('memory')).rss
}

async function measure(name: string, start: (pki: BenchPki) => Promise<Proxy>): Promise<void> {
  const pki = makeBenchPki()
  const groups = values['post-quantum'] ? ['', 'X25519MLKEM768'] : []
  const origin = await Child.start<{ port: number }>('processes/https-origin.js', [pki.certificate, pki.key, '128', ...groups])
  const proxy = await start(pki)
  const horde = await Child.start('processes/idle-horde.js', [proxy.ca])
  const target = { proxyPort: proxy.port, originPort: origin.ready.port }
  await horde.child.ask('open', { ...target, sessions: Number(values['warm-up']) })
  await horde.child.ask('close')
  const before = await residentAfterGc(proxy.child)
  const open = await horde.child.ask<number>('open', { ...target, sessions })
  const after = await residentAfterGc(proxy.child)
  const answered = await horde.child.ask<number>('exchange')
  const perSession = (after - before) / KIBIBYTE / sessions
  const alive = `${open} open, ${answered} answered a second request`
  console.log(`${name.padEnd(12)} ${perSession.toFixed(1).padStart(6)} KB per idle session   ${alive}`)
  for (const child of [horde.child, proxy.child, origin.child]) await child.stop()
  pki.remove()
}

console.log(`node ${process.version}, openssl ${process.versions.openssl}; ${sessions} sessions, ${values.workers} workers`)
if (values.only !== 'engine') await measure('bare relay', bare)
if (values.only !== 'bare') await measure('engine', engine)
