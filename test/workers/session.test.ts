/**
 * Mirror test of `src/workers/session.ts` and `src/workers/shard.ts`: whatever happens, at whatever stage, a flow has one
 * terminal event, both sockets are closed, and the shard knows.
 */

import { openSync } from 'node:fs'
import { devNull } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { allocateFaultCounters } from '../../src/shared/faults/fault-counters.ts'
import { parseOptions } from '../../src/shared/options/parse-options.ts'
import { policyImage } from '../../src/shared/policy/policy-image.ts'
import { until } from '../support/harnesses/aggregator-harness.ts'
import { ShardHarness } from '../support/harnesses/shard-harness.ts'
import { Received } from '../support/proxy-client.ts'
import { type SocketPair, socketPair } from '../support/socket-pair.ts'
import { startHttpsOrigin, startTcpOrigin } from '../support/test-origin.ts'

t.setTimeout(600_000)

/** Brings a session to a stage, on an origin that says nothing; the promise is of the moment. */
const STAGES: Readonly<Record<string, (client: Received, pair: SocketPair, harness: ShardHarness) => Promise<void>>> = {
  'while it dials': async () => undefined,
  'while it waits for the first bytes': (client) => client.has('\r\n\r\n'),
  'inside a ClientHello': async (client) => {
    await client.has('\r\n\r\n')
    client.socket.write('\x16\x03\x01\x02\x00\x01', 'latin1')
    await delay(20)
  },
  'while the origin shakes hands': async (client, pair, harness) => {
    await client.has('\r\n\r\n')
    const secure = connectTls({ socket: pair.far, servername: 'localhost', ca: harness.caPem })
    secure.on('error', () => undefined)
    await delay(50)
  },
  'in the relay': async (client, _pair, harness) => {
    await client.has('\r\n\r\n')
    client.socket.write('\0\0')
    await until(() => harness.view.worker(1, 'bytes_client') === 2, 'it relays')
  },
}

for (const [stage, reach] of Object.entries(STAGES)) {
  for (const [how, expected, end] of [
    ['the client closes', /client_|relay_eof|tls_handshake_failed/, (_harness: ShardHarness, pair: SocketPair) => void pair.far.destroy()],
    [
      'the client resets',
      /client_reset|client_closed_early|tls_handshake_failed/,
      (_harness: ShardHarness, pair: SocketPair) => void pair.far.resetAndDestroy(),
    ],
    ['it is given up', /draining/, (harness: ShardHarness) => harness.shard.close()],
  ] as const) {
    t.test(`${stage}, ${how}`, async (t) => {
      const origin = await startTcpOrigin((socket) => void socket.on('end', () => socket.end()).resume())
      t.teardown(() => origin.close())
      const harness = new ShardHarness()
      t.teardown(() => harness.shard.close())
      const pair = await socketPair()
      const client = new Received(pair.far)
      harness.adopt(pair.near, 'localhost', origin.port)
      await reach(client, pair, harness)
      end(harness, pair)
      await until(() => harness.shard.size === 0, 'the shard has forgotten it')
      await delay(30)
      t.equal(harness.ends.length, 1)
      t.match(harness.ends[0], expected)
      t.ok(pair.near.destroyed)
      t.equal(harness.view.worker(1, 'ended'), 1)
      t.equal(harness.view.worker(1, 'adopted'), 1)
      t.equal(harness.events.at(-1)?.event, 'stream_closed', 'nothing is told behind the end')
      t.same(harness.logged, [])
    })
  }
}

t.test('a dial that fails: the client reads why, and the session is open until it has', async (t) => {
  const origin = await startTcpOrigin(() => undefined)
  await origin.close()
  const harness = new ShardHarness()
  t.teardown(() => harness.shard.close())
  const pair = await socketPair()
  const client = new Received(pair.far)
  harness.adopt(pair.near, '127.0.0.1', origin.port)
  await client.has('origin_refused')
  t.equal(harness.shard.size, 1)
  t.same(harness.ends, ['f1 upstream_connect_failed'])
  client.socket.end()
  await until(() => harness.shard.size === 0, 'it is over')
  t.same(harness.ends, ['f1 upstream_connect_failed'])
})

t.test('a descriptor that is no socket', async (t) => {
  const harness = new ShardHarness()
  t.teardown(() => harness.shard.close())
  harness.shard.adopt(harness.ticket('a.example', 443, { descriptor: openSync(devNull, 'r') }))
  harness.shard.adopt(harness.ticket('a.example', 443, { descriptor: 1_000_000 }))
  t.same(harness.ends, ['f1 client_reset', 'f2 client_reset'])
  t.same([harness.shard.size, harness.view.worker(1, 'adopted'), harness.view.worker(1, 'ended')], [0, 2, 2])
})

t.test('drain: quiet sessions now, the rest at the deadline', async (t) => {
  const origin = await startHttpsOrigin(() => undefined)
  t.teardown(() => origin.close())
  const harness = new ShardHarness()
  t.teardown(() => harness.shard.close())
  const [quiet, busy] = [await socketPair(), await socketPair()]
  for (const pair of [quiet, busy]) {
    const client = new Received(pair.far)
    harness.adopt(pair.near, 'localhost', origin.port)
    await client.has('\r\n\r\n')
    pair.far.removeAllListeners('data')
    const secure = connectTls({ socket: pair.far, servername: 'localhost', ca: harness.caPem })
    secure.on('error', () => undefined)
    await new Promise((resolve) => secure.once('secureConnect', resolve))
    if (pair === busy) secure.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
  }
  await until(() => harness.events.some((event) => event.event === 'request_headers'), 'the request is on its way')
  harness.shard.receive({ kind: 'drain', deadlineMs: 200 })
  await until(() => harness.ends.length === 2, 'the deadline')
  t.same(harness.ends, ['f1 draining', 'f2 draining'])
})

t.test('a reload is for the sessions that follow', async (t) => {
  const origin = await startTcpOrigin(() => undefined)
  t.teardown(() => origin.close())
  const harness = new ShardHarness()
  t.teardown(() => harness.shard.close())
  const options = parseOptions({ limits: { handshake_timeout_ms: 50 } })
  const faults = allocateFaultCounters(0, Date.now())
  harness.shard.receive({ ...harness.start, kind: 'reload', options, policy: policyImage(options), faults })
  const pair = await socketPair()
  harness.adopt(pair.near, '127.0.0.1', origin.port)
  await until(() => harness.ends.length === 1, 'the new deadline has passed')
  t.same(harness.ends, ['f1 stage_timeout'])
  pair.far.destroy()
})
