/**
 * A raw client that ends its handshake in every way and phase, through the whole engine: each alert number in TLS 1.2 in clear,
 * in TLS 1.3 in clear, encrypted and after Finished; FIN, RST and silence wherever they can come.
 */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import t, { type Test } from 'tap'
import type { EventOf } from '../../../src/shared/events/event.ts'
import { alertClass } from '../../../src/workers/tls/failure/failure-taxonomy.ts'
import { alertName } from '../../../src/workers/tls/records/alert.ts'
import { RawTls13Client } from '../../support/clients/raw-tls13-client.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { concat, helloBytes, list16, sniBody, u16, vector8, vector16 } from '../../support/octets/hello-bytes.ts'
import { servePages } from '../../support/origins/page-origin.ts'
import { startHttpsOrigin, startTlsOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

type Failure = EventOf<'tls_handshake_failed'>
type Phase = NonNullable<Failure['phase']>
const FATAL = 2
const ALERT_RECORD = 0x15
const PARALLEL = 16

/** Alerts that OpenSSL has a text for: of the others Node tells nothing but an end (docs/tls-failures.md). */
const NAMED: ReadonlySet<number> = new Set([
  ...[
    10, 20, 21, 22, 30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 60, 70, 71, 80, 86, 100, 109, 110, 111, 112, 113, 114, 115, 116,
    120,
  ],
])

/** close_notify and user_canceled (RFC 8446 §6.1) say that a connection ends, and not why. */
const ENDS_ONLY: ReadonlySet<number> = new Set([0, 90])

const HELLO_12 = helloBytes({
  cipherSuites: [0xc02b, 0xc02f],
  extensions: [
    [0, sniBody('localhost')],
    [10, vector16(list16([23]))],
    [11, vector8([0])],
    [13, vector16(list16([0x0403, 0x0804, 0x0401]))],
  ],
})

interface Rig {
  readonly harness: EngineHarness
  readonly tunnel: () => Promise<Socket>
}

async function start(t: Test, handshakeTimeoutMs = 60_000): Promise<Rig> {
  const origin = await startHttpsOrigin(servePages)
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, { limits: { handshake_timeout_ms: handshakeTimeoutMs } })
  return { harness, tunnel: () => tunnelTo(harness, origin.port) }
}

async function tunnelTo(harness: EngineHarness, port: number): Promise<Socket> {
  const socket = connect({ port: harness.proxyPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
  socket.on('error', () => undefined)
  socket.write(`CONNECT localhost:${port} HTTP/1.1\r\nHost: localhost\r\n\r\n`)
  await once(socket, 'data')
  return socket
}

/** Goes to where a TLS 1.2 client has the server's first flight (up to ServerHelloDone) and has said nothing since. */
async function reach12(tunnel: Rig['tunnel']): Promise<Socket> {
  const socket = await tunnel()
  socket.write(HELLO_12)
  await new Promise<void>((resolve, reject) => {
    let read = Buffer.alloc(0)
    socket.once('close', () => reject(new Error('the server ended the connection')))
    socket.on('data', (bytes) => {
      read = Buffer.concat([read, bytes])
      // ServerHelloDone (RFC 5246 §7.4.5): type 14 without a body, the last of the flight.
      if (read.subarray(-4).equals(Buffer.of(14, 0, 0, 0))) resolve()
    })
  })
  return socket
}

async function reach13(tunnel: Rig['tunnel'], phase: 'hello_sent' | 'server_flight' | 'finished'): Promise<RawTls13Client> {
  return RawTls13Client.over(await tunnel(), phase, 'http/1.1')
}

interface Way {
  readonly name: string
  readonly phase: Phase
  /** The engine reads the octets itself, so that numbers without a name are told too. */
  readonly isSeen: boolean
  readonly send: (tunnel: Rig['tunnel'], alert: number) => Promise<Socket>
}

const WAYS: readonly Way[] = [
  {
    name: 'TLS 1.2 in clear, after ServerHelloDone',
    phase: 'mid_handshake',
    isSeen: false,
    send: async (tunnel, alert) => {
      const socket = await reach12(tunnel)
      socket.write(concat([ALERT_RECORD, 3, 3], u16(2), [FATAL, alert]))
      return socket
    },
  },
  {
    name: 'TLS 1.3 in clear, behind the ClientHello and before any certificate',
    phase: 'mid_handshake',
    isSeen: true,
    send: async (tunnel, alert) => {
      const { socket } = await reach13(tunnel, 'hello_sent')
      socket.write(concat([ALERT_RECORD, 3, 3], u16(2), [FATAL, alert]))
      return socket
    },
  },
  {
    name: 'TLS 1.3 encrypted, instead of Finished',
    phase: 'mid_handshake',
    isSeen: false,
    send: async (tunnel, alert) => {
      const client = await reach13(tunnel, 'server_flight')
      client.sendAlert(FATAL, alert)
      return client.socket
    },
  },
  {
    name: 'TLS 1.3 after Finished',
    phase: 'after_finished',
    isSeen: false,
    send: async (tunnel, alert) => {
      const client = await reach13(tunnel, 'finished')
      client.sendAlert(FATAL, alert)
      return client.socket
    },
  },
]

/** What must be told of a client that sends `alert` and closes. */
function expectedOf(alert: number, way: Way): Partial<Failure> {
  const { phase } = way
  if (way.isSeen ? !ENDS_ONLY.has(alert) : NAMED.has(alert)) {
    const [reason, sub_reason] = alertClass(alert)
    return { reason, sub_reason, alert, phase, source: 'authoritative', detail: `alert ${alert} ${alertName(alert)}` }
  }
  const sub_reason = phase === 'after_finished' ? 'client_rejected_silently' : 'closed_in_handshake'
  return { reason: 'eof', sub_reason, phase, source: 'inferred' }
}

for (const way of WAYS) {
  t.test(`every alert: ${way.name}`, { timeout: 600_000 }, async (t) => {
    const { harness, tunnel } = await start(t)
    // A system may give a port twice: the alerts of one, in the order in which they were sent.
    const alertsOf = new Map<string, number[]>()
    for (let from = 0; from < 256; from += PARALLEL) {
      await Promise.all(
        Array.from({ length: PARALLEL }, async (_, n) => {
          const socket = await way.send(tunnel, from + n)
          const address = `${socket.localAddress}:${socket.localPort}`
          alertsOf.set(address, [...(alertsOf.get(address) ?? []), from + n])
          socket.resume()
          const deadline = setTimeout(() => socket.destroy(), 60_000)
          // As clients do: an alert that ends a connection, and its end. (Without it Node would wait for more where the alert has no name.)
          const closed = once(socket, 'close')
          socket.end()
          await closed
          clearTimeout(deadline)
        }),
      )
    }
    await harness.settled(256)
    const failures = new Map(harness.named('tls_handshake_failed').map((event) => [alertsOf.get(event.client_addr)?.shift(), event]))
    const wrong: string[] = []
    for (let alert = 0; alert < 256; alert++) {
      const { detail, ...expected } = expectedOf(alert, way)
      const got = failures.get(alert)
      const fields = { side: 'client', provider: 'native', alert: undefined, ...expected } as const
      for (const [field, value] of Object.entries(fields)) {
        const actual = (got as Record<string, unknown> | undefined)?.[field]
        if (actual !== value) wrong.push(`alert ${alert}: ${field} is ${actual}, not ${value}`)
      }
      if (detail !== undefined && got?.detail !== detail) wrong.push(`alert ${alert}: detail ${got?.detail}`)
    }
    t.same(wrong.slice(0, 12), [])
    t.equal(failures.size, 256)
  })
}

const HALF_HELLO = HELLO_12.subarray(0, 40)
type Stage = readonly [
  name: string,
  reach: (tunnel: Rig['tunnel']) => Promise<Socket>,
  phase: Phase,
  closed: string,
  reset: string,
  stalled: string,
]

const STAGES: readonly Stage[] = [
  ['before the hello', (tunnel) => tunnel(), 'before_hello', 'closed_before_hello', 'reset_before_hello', 'stalled_before_hello'],
  ['in the hello', (tunnel) => written(tunnel, HALF_HELLO), 'hello', 'closed_in_hello', 'reset_in_hello', 'stalled_in_hello'],
  ['TLS 1.2, certificate seen', reach12, 'mid_handshake', 'client_rejected_silently', 'reset_in_handshake', 'stalled_in_handshake'],
  [
    'TLS 1.3, certificate seen',
    async (tunnel) => (await reach13(tunnel, 'server_flight')).socket,
    'mid_handshake',
    'client_rejected_silently',
    'reset_in_handshake',
    'stalled_in_handshake',
  ],
  [
    'TLS 1.2, after ClientKeyExchange',
    async (tunnel) => {
      const socket = await reach12(tunnel)
      // A whole P-256 point that is none: enough octets for a message that OpenSSL has not got to the end of.
      socket.write(concat([0x16, 3, 3], u16(70), [16, 0, 0, 80]))
      await delay(20)
      return socket
    },
    'mid_handshake',
    'closed_in_handshake',
    'reset_in_handshake',
    'stalled_in_handshake',
  ],
  [
    'after Finished',
    async (tunnel) => (await reach13(tunnel, 'finished')).socket,
    'after_finished',
    'client_rejected_silently',
    'reset_after_finished',
    '',
  ],
]

async function written(tunnel: Rig['tunnel'], bytes: Uint8Array): Promise<Socket> {
  const socket = await tunnel()
  socket.write(bytes)
  await delay(20)
  return socket
}

const ENDS: readonly (readonly [name: 'FIN' | 'RST' | 'silence', reason: Failure['reason']])[] = [
  ['FIN', 'eof'],
  ['RST', 'reset'],
  ['silence', 'timeout'],
]

/** Of handshakes that stand still: they have come as far as they will by then, on a busy machine too. */
const STALL_MS = 2_000

t.test('FIN, RST and silence in every phase', { timeout: 600_000 }, async (t) => {
  const patient = await start(t)
  for (const [stage, reach, phase, ...subReasons] of STAGES) {
    for (const [n, [end, reason]] of ENDS.entries()) {
      await t.test(`${end} ${stage}`, async (t) => {
        // Silence after Finished is an idle connection, no failure; the RST by which this test ends it is the failure then.
        const isIdle = end === 'silence' && phase === 'after_finished'
        const { harness, tunnel } = end === 'silence' ? await start(t, STALL_MS) : patient
        harness.forget()
        const socket = await reach(tunnel)
        if (end === 'FIN') socket.end()
        else if (end === 'RST') socket.resetAndDestroy()
        else if (isIdle) setTimeout(() => socket.resetAndDestroy(), STALL_MS + 500)
        socket.resume()
        await harness.settled(1)
        socket.destroy()
        const failures = harness.named('tls_handshake_failed')
        t.equal(failures.length, 1)
        const expected = isIdle ? { reason: 'reset', sub_reason: 'reset_after_finished' } : { reason, sub_reason: subReasons[n] }
        t.match(failures[0], { side: 'client', source: 'inferred', provider: 'native', phase, ...expected } as object)
      })
    }
  }
})

t.test('an end of ours is no failure of the client', { timeout: 600_000 }, async (t) => {
  // An origin that closes what nobody uses, as they all do in the end.
  const origin = await startTlsOrigin((socket) => void socket.resume().end())
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t)
  const { socket } = await reach13(() => tunnelTo(harness, origin.port), 'finished')
  await once(socket.resume(), 'end')
  socket.end()
  await harness.settled(1)
  t.same(harness.named('tls_handshake_failed'), [])
  t.match(harness.flowEnds(), [{ close_reason: 'relay_eof' }])
})

t.test('a client that refuses behind its Finished and does not go is let go', { timeout: 600_000 }, async (t) => {
  const { harness, tunnel } = await start(t)
  const client = await reach13(tunnel, 'finished')
  client.sendAlert(FATAL, 48)
  await once(client.socket.resume(), 'end')
  client.socket.destroy()
  await harness.settled(1)
  t.match(harness.named('tls_handshake_failed'), [{ reason: 'unknown_ca', alert: 48, phase: 'after_finished', side: 'client' }])
  t.match(harness.flowEnds(), [{ close_reason: 'relay_eof' }])
})

t.test('a fault that is armed and not reached leaves a FIN a FIN, and a RST a RST', { timeout: 600_000 }, async (t) => {
  const origin = await startHttpsOrigin(servePages)
  t.teardown(() => origin.close())
  const fault = [{ kind: 'tls_abort', at: 'application_data', how: 'alert', alert: 80 }] as const
  const harness = await EngineHarness.start(t, { rules: [{ match: { host: 'localhost' }, fault: [...fault] }] })
  for (const [phase, end, subReason] of [
    ['server_flight', 'FIN', 'client_rejected_silently'],
    ['finished', 'FIN', 'client_rejected_silently'],
    ['server_flight', 'RST', 'reset_in_handshake'],
    ['finished', 'RST', 'reset_after_finished'],
  ] as const) {
    harness.forget()
    const { socket } = await reach13(() => tunnelTo(harness, origin.port), phase)
    if (end === 'FIN') socket.end()
    else socket.resetAndDestroy()
    socket.resume()
    await harness.settled(1)
    t.match(harness.named('tls_handshake_failed'), [{ side: 'client', sub_reason: subReason }], `${end}, ${phase}`)
  }
})
