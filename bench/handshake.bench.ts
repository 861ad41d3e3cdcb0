/**
 * CPU of a TLS handshake by itself, full against resumed: both ends in this one process, Node's TLSSocket and nothing of the
 * engine. It is the floor below which no engine's connection can come. What counts are the ratios.
 *
 * Rounds of full and resumed handshakes take turns, in both orders; each handshake is checked for what it was meant to be.
 *
 *     node dist/bench/handshake.bench.js [--handshakes 200] [--rounds 10] [--web]
 *
 * `--web`: RSA-2048, a leaf below an intermediate, in the place of P-256.
 */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { loadavg } from 'node:os'
import { connect, createSecureContext, createServer } from 'node:tls'
import { parseArgs } from 'node:util'
import { makeBenchPki, makeWebPki } from './support/bench-pki.ts'
import { median, range } from './support/statistics.ts'

const { values } = parseArgs({
  options: {
    handshakes: { type: 'string', default: '200' },
    rounds: { type: 'string', default: '10' },
    web: { type: 'boolean', default: false },
  },
})
const handshakes = Number(values.handshakes)

const pki = values.web ? makeWebPki() : makeBenchPki()
const ca = readFileSync(pki.ca)
const contexts = {
  'TLSv1.2': createSecureContext({ ca, maxVersion: 'TLSv1.2' }),
  'TLSv1.3': createSecureContext({ ca, minVersion: 'TLSv1.3' }),
} as const
type Version = keyof typeof contexts
const server = createServer({ cert: readFileSync(pki.certificate), key: readFileSync(pki.key) }, (socket) => {
  // One octet: with it the client has the tickets of TLS 1.3 too.
  socket.on('error', () => undefined).end('x')
})
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo

/** One handshake; resolves to a session to resume. */
async function handshake(version: Version, session: Buffer | undefined): Promise<Buffer> {
  const socket = connect({
    port,
    host: '127.0.0.1',
    servername: 'localhost',
    checkServerIdentity: () => undefined,
    secureContext: contexts[version],
    ...(session === undefined ? {} : { session }),
  })
  let latest: Buffer | undefined
  socket.on('session', (given: Buffer) => {
    latest = given
  })
  await once(socket, 'data')
  if (socket.isSessionReused() !== (session !== undefined) || socket.getProtocol() !== version)
    throw new Error('not the handshake that was meant')
  const closed = once(socket, 'close')
  socket.destroy()
  await closed
  return latest ?? session ?? Buffer.alloc(0)
}

/** Microseconds of CPU per handshake. */
async function cost(version: Version, session: Buffer | undefined): Promise<number> {
  const before = process.cpuUsage()
  for (let number = 0; number < handshakes; number++) await handshake(version, session)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / handshakes
}

console.log(
  `node ${process.version}, openssl ${process.versions.openssl}; ${values.rounds} rounds of ${handshakes}; load ${loadavg()[0]?.toFixed(1)}`,
)
for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  const session = await handshake(version, undefined)
  await cost(version, undefined)
  await cost(version, session)
  const full: number[] = []
  const resumed: number[] = []
  for (let number = 0; number < Number(values.rounds); number++) {
    if (number % 2 === 0) full.push(await cost(version, undefined))
    resumed.push(await cost(version, session))
    if (number % 2 === 1) full.push(await cost(version, undefined))
  }
  const ratios = resumed.map((cost, round) => cost / (full[round] as number))
  console.log(`${version} full    ${median(full).toFixed(0).padStart(5)} µs CPU, both ends (${range(full, 0)})`)
  console.log(
    `${version} resumed ${median(resumed).toFixed(0).padStart(5)} µs CPU, both ends (${range(resumed, 0)})   × ${median(ratios).toFixed(2)} (${range(ratios, 2)})`,
  )
}
server.close()
pki.remove()
