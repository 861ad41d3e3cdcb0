/**
 * CPU per small keep-alive request: the engine, with everything observed, against a relay that copies bytes between two TLS
 * sockets and does nothing else. One interleaved run; the ratio is the figure, the absolute times are the machine's.
 *
 *     node dist/bench/request-cost.bench.js [--requests 20000] [--rounds 5] [--connections 16]
 */

import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { makeBenchPki } from './support/bench-pki.ts'
import { Child } from './support/child.ts'
import { median, range } from './support/statistics.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    rounds: { type: 'string', default: '5' },
    connections: { type: 'string', default: '16' },
  },
})
const requests = Number(values.requests)
const connections = Number(values.connections)

interface Variant {
  readonly name: string
  readonly child: Child
  readonly port: number
  readonly load: Child
  readonly micros: number[]
}

const pki = makeBenchPki()
const origin = await Child.start<{ port: number }>('processes/https-origin.js', [pki.certificate, pki.key, '128'])

async function bare(): Promise<Variant> {
  const { child, ready } = await Child.start<{ port: number }>('processes/bare-relay.js', [pki.ca, pki.certificate, pki.key])
  const load = await Child.start('processes/keep-alive-load.js', [pki.ca])
  return { name: 'bare relay', child, port: ready.port, load: load.child, micros: [] }
}

async function engine(name: string, more: object): Promise<Variant> {
  const options = {
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    workers: 1,
    ca_dir: join(pki.folder, name.replaceAll(' ', '-')),
    upstream: { extra_ca_file: pki.ca },
    ...more,
  }
  const { child, ready } = await Child.start<{ port: number; ca: string }>('processes/engine.js', [JSON.stringify(options)])
  const load = await Child.start('processes/keep-alive-load.js', [ready.ca])
  return { name, child, port: ready.port, load: load.child, micros: [] }
}

const variants = [
  await bare(),
  await engine('engine', {}),
  await engine('engine with NDJSON file', { events: { file: join(pki.folder, 'events.ndjson') } }),
]
for (const { port, load } of variants) {
  await load.ask('connect', { proxyPort: port, originPort: origin.ready.port, connections })
  await load.ask('run', { requests })
}
for (let round = 0; round < Number(values.rounds); round++) {
  for (const { child, load, micros } of round % 2 === 0 ? variants : variants.toReversed()) {
    const before = await child.cpu()
    await load.ask('run', { requests })
    micros.push(((await child.cpu()) - before) / requests)
  }
}
const floor = median(variants[0]?.micros ?? [])
console.log(
  `node ${process.version}, openssl ${process.versions.openssl}; ${values.rounds} rounds of ${requests} requests on ${connections} connections`,
)
for (const { name, micros } of variants) {
  const cost = median(micros)
  console.log(`${name.padEnd(26)} ${cost.toFixed(1).padStart(6)} µs CPU per request (${range(micros, 1)})   × ${(cost / floor).toFixed(2)}`)
}
for (const { child, load } of variants) {
  await load.stop()
  await child.stop()
}
await origin.child.stop()
pki.remove()
