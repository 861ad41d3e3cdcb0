/**
 * The engine itself, all events on, one worker; and the bare relay, the floor of what Node can do.
 */

import { join } from 'node:path'
import { VERSION } from '../../src/shared/version.ts'
import { Child } from '../support/child.ts'
import { cpuMicros, memoryBytes } from '../support/process-tree.ts'
import type { Peer, RunningPeer } from './peer.ts'

function running(child: Child, port: number, trust: string, configuration: string): RunningPeer {
  return {
    direct: false,
    port,
    trust,
    configuration,
    cpu: async () => cpuMicros([child.pid]),
    memory: (what) => memoryBytes([child.pid], what),
    runtime: () => child.ask('runtime'),
    stop: () => child.stop(),
  }
}

function engine(name: string, description: string, options: (folder: string) => object): Peer {
  return {
    name,
    description,
    version: () => VERSION,
    start: async ({ pki, folder }) => {
      const asked = {
        listen: '127.0.0.1:0',
        admin: '127.0.0.1:0',
        workers: 1,
        ca_dir: join(folder, 'ca'),
        upstream: { extra_ca_file: pki.ca },
      }
      const configuration = JSON.stringify({ ...asked, ...options(folder) })
      const { child, ready } = await Child.start<{ port: number; admin: string; ca: string }>('processes/engine.js', [configuration])
      return { ...running(child, ready.port, ready.ca, `createEngine(${configuration})`), events: () => eventCounts(ready.admin) }
    },
  }
}

export const soth = engine('soth-mitm', 'this engine: one worker, all events through the rings and counted as metrics', () => ({}))

/** The engine with other options, beside itself. */
export function sothWith(name: string, options: object): Peer {
  return engine(name, `this engine, ${JSON.stringify(options)}`, () => options)
}

export const sothNdjson = engine('soth-mitm + NDJSON', 'the same, with every event written to an NDJSON file', (folder) => ({
  events: { file: join(folder, 'events.ndjson') },
}))

export const bareRelay: Peer = {
  name: 'bare relay',
  description: 'two TLS sockets of Node and a copy between them, no parsing, no events: what the runtime itself costs',
  version: () => process.version,
  start: async ({ pki }) => {
    const { child, ready } = await Child.start<{ port: number }>('processes/bare-relay.js', [pki.ca, pki.certificate, pki.key])
    return running(child, ready.port, pki.ca, 'bench/processes/bare-relay.ts')
  },
}

async function eventCounts(admin: string): Promise<{ told: number; dropped: number }> {
  const text = await (await fetch(`http://${admin}/metrics`)).text()
  const sum = (name: string) =>
    [...text.matchAll(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, 'gm'))].reduce((total, [, count]) => total + Number(count), 0)
  return { told: sum('soth_mitm_events_total'), dropped: sum('soth_mitm_events_dropped_total') }
}
