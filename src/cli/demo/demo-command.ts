/**
 * `soth-mitm demo`: a tour of some seconds that needs no network. A real engine on free ports with a CA of its own in a temporary
 * directory, a TLS origin on loopback, four clients one after another, the events each caused, and metrics. Leaves nothing behind.
 * Main thread.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { request } from 'undici'
import type { SothEvent } from '../../shared/events/event.ts'
import { parseOptions } from '../../shared/options/parse-options.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import type { Command, CommandContext } from '../arguments/command.ts'
import { type FlagSpecs, parseArguments } from '../arguments/parse-arguments.ts'
import type { ServedAddresses, ServedEngine } from '../engine/served-engine.ts'
import { EXIT_FAILED, EXIT_OK } from '../exit-codes.ts'
import { ScratchDirectory } from '../scratch-directory.ts'
import { runClient } from './demo-clients.ts'
import { type DemoOrigin, startDemoOrigin } from './demo-origin.ts'
import { eventLine } from './event-lines.ts'

const DEMO_FLAGS = { help: { doc: 'show this help', short: 'h' } } as const satisfies FlagSpecs
/** A rule's host that never resolves: it is blocked before anybody asks. */
const BLOCKED_HOST = 'ads.example'
/** How long a flow's last event may take after its client has seen the end. */
const SETTLE_MS = 5_000
const POLL_MS = 20
const SHOWN_METRICS = /^soth_mitm_(connections_accepted|flows|requests|tls_handshakes|events_dropped)\w*_total\b.* [^0]/

export const demoCommand: Command = {
  summary: 'a ten-second tour: engine, origin, four clients, their events and metrics; needs no network',
  operands: [],
  flags: DEMO_FLAGS,
  run: demo,
}

interface Act {
  readonly title: string
  readonly url: string
  readonly trusts?: string
}

async function demo(args: readonly string[], context: CommandContext): Promise<number> {
  parseArguments(args, DEMO_FLAGS, [])
  const createEngine = await context.loadEngine()
  const scratch = new ScratchDirectory('soth-mitm-demo')
  const intercepted = await startDemoOrigin()
  const tunnelled = await startDemoOrigin()
  const engine = createEngine(demoOptions(scratch.path, intercepted, tunnelled), { log: (level, message) => say(`(${level}: ${message})`) })
  try {
    const addresses = await engine.start()
    const caPem = readFileSync(addresses.ca.certPath, 'utf8')
    return await perform(engine, addresses, [
      { title: 'a client that trusts the CA: intercepted', url: `https://${intercepted.authority}/page`, trusts: caPem },
      { title: 'a client that does not: it rejects the certificate', url: `https://${intercepted.authority}/page` },
      { title: 'a host that a rule blocks: no connection to it is made', url: `https://${BLOCKED_HOST}/banner` },
      {
        title: 'an origin that a rule tunnels: its own certificate, nothing opened',
        url: `https://${tunnelled.authority}/`,
        trusts: tunnelled.rootPem,
      },
    ])
  } finally {
    await engine.close()
    await Promise.all([intercepted.close(), tunnelled.close()])
    scratch.remove()
  }
}

function demoOptions(directory: string, intercepted: DemoOrigin, tunnelled: DemoOrigin): EngineOptions {
  const rootFile = join(directory, 'demo-root.pem')
  writeFileSync(rootFile, intercepted.rootPem)
  return parseOptions({
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    workers: 1,
    ca_dir: join(directory, 'ca'),
    upstream: { extra_ca_file: rootFile },
    rules: [
      { name: 'no-ads', match: { host: `.${BLOCKED_HOST}` }, action: 'block' },
      { name: 'hands-off', match: { host: 'localhost', port: tunnelled.port }, action: 'tunnel' },
    ],
  })
}

async function perform(engine: ServedEngine, addresses: ServedAddresses, acts: readonly Act[]): Promise<number> {
  const [proxy = ''] = addresses.listen
  say(`soth-mitm demo: a proxy on ${proxy}, an origin on loopback, four clients.\n`)
  let events: SothEvent[] = []
  engine.subscribe({}, (event) => {
    events.push(event)
  })
  let missing = 0
  for (const [at, act] of acts.entries()) {
    events = []
    const result = await runClient({ proxy, url: act.url, ...(act.trusts === undefined ? {} : { trusts: act.trusts }) })
    const ended = await settled(engine, () => events)
    say(`${at + 1}. ${act.title}\n   GET ${act.url} → ${result}`)
    for (const event of events) say(eventLine(event))
    if (!ended) missing++
    say(ended ? '' : '   (the flow’s last event has not come)\n')
  }
  if (addresses.admin !== undefined) await showMetrics(addresses.admin)
  return missing === 0 ? EXIT_OK : EXIT_FAILED
}

/** Waits for the flow's own terminal event: `stream_closed` without an exchange. */
async function settled(engine: ServedEngine, events: () => readonly SothEvent[]): Promise<boolean> {
  const deadline = performance.now() + SETTLE_MS
  const isLast = (event: SothEvent) => event.event === 'stream_closed' && event.exchange === undefined && event.stream_id === undefined
  while (performance.now() < deadline) {
    await engine.flush()
    if (events().some(isLast)) return true
    await delay(POLL_MS)
  }
  return false
}

async function showMetrics(admin: string): Promise<void> {
  const { body } = await request(`http://${admin}/metrics`)
  const lines = (await body.text()).split('\n').filter((line) => SHOWN_METRICS.test(line))
  say(`Metrics (of http://${admin}/metrics)`)
  for (const line of lines) say(`   ${line}`)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
