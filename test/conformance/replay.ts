/**
 * replay: a dialogue through a whole engine, TLS on both sides, and the events that it makes, with what differs from run to run
 * masked: identities, ports, times, and what the TLS library chooses.
 */

import type { TLSSocket } from 'node:tls'
import type { Test } from 'tap'
import type { SothEvent } from '../../src/shared/events/event.ts'
import { EngineHarness } from '../support/engine-harness.ts'
import { openSecure, Received } from '../support/proxy-client.ts'
import { startTlsOrigin } from '../support/test-origin.ts'
import type { Dialogue } from './dialogues.ts'

/** Fields whose values no two runs share, or that change with the version of Node. */
const MASKED: ReadonlySet<string> = new Set(['flow_id', 'time_mono_ns', 'client_addr', 'server_port', 'ja3', 'ja4', 'cipher', 'versions'])
/** Times that were measured; `timeout_ms` is what a client asked for. */
const MEASURED = /(?<!timeout)_ms$/
const MASK = '*'

type FieldLines = readonly (readonly [string, string])[]

/** The events as lines of NDJSON, in the order of `flow_seq`. */
export async function replay(t: Test, { alpn, turns }: Dialogue): Promise<string> {
  const peers: Received[] = []
  const origin = await startTlsOrigin(
    (socket: TLSSocket) => {
      peers.push(new Received(socket))
    },
    [alpn],
  )
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, {
    workers: 1,
    observe: 'bodies',
    rules: [
      { name: 'no entry', match: { path: '/blocked/*' }, action: 'block' },
      { name: 'captured', match: { host: 'localhost' }, capture: { body_bytes: 64 } },
    ],
  })
  const client = await openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem, { ALPNProtocols: [alpn] })
  const [peer] = peers
  // The engine has spoken to the origin before it spoke to the client: ALPN is mirrored.
  if (peer === undefined) throw new Error('the origin has no connection')
  const ends = { client, origin: peer }
  const relayed = { client: 0, origin: 0 }
  for (const { from, bytes, answered } of turns) {
    ends[from].socket.write(bytes)
    if (answered !== undefined) {
      await client.has(answered)
      continue
    }
    relayed[from] += bytes.length
    const other = from === 'client' ? ends.origin : client
    await other.until(({ bytes: got }) => got.length >= relayed[from], `${relayed[from]} octets of the ${from}`)
  }
  ends.origin.socket.end()
  client.socket.end()
  await harness.checkLaws(t, 1)
  return [...harness.events]
    .sort((a, b) => a.flow_seq - b.flow_seq)
    .map((event) => `${JSON.stringify(masked(event)).replaceAll(`:${origin.port}`, ':PORT')}\n`)
    .join('')
}

function masked(event: SothEvent): object {
  const isHello = event.event === 'tls_client_hello'
  return Object.fromEntries(
    Object.entries(event).map(([name, value]) => {
      if (MASKED.has(name) || MEASURED.test(name) || (isHello && name === 'size')) return [name, MASK]
      return [name, name === 'fields' ? (value as FieldLines).map(([field, text]) => [field, field === 'Date' ? MASK : text]) : value]
    }),
  )
}
