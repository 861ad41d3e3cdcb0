/**
 * HTTP/1.1 inside an intercepted tunnel, byte for byte and in time: interim responses, pipelining, closes, upgrades, large
 * bodies, slow readers.
 */

import { setTimeout as delay } from 'node:timers/promises'
import type { TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { openSecure, type Received } from '../../support/proxy-client.ts'
import { startTlsOrigin } from '../../support/test-origin.ts'

const GET = 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'

interface Setup {
  readonly harness: EngineHarness
  readonly client: Received
  /** Another client of the same origin. */
  readonly open: () => Promise<Received>
}

async function setUp(t: Test, onSocket: (socket: TLSSocket) => void, options: EngineOptionsInput): Promise<Setup> {
  const origin = await startTlsOrigin(onSocket)
  t.teardown(() => origin.close())
  const harness = await EngineHarness.start(t, options)
  const open = () => openSecure(harness.proxyPort, `localhost:${origin.port}`, harness.caPem)
  return { harness, client: await open(), open }
}

/** Below 30 s on an idle machine. */
t.setTimeout(600_000)

for (const workers of [0, 2]) {
  t.test(`workers: ${workers}`, async (t) => {
    t.test('100 and 103 reach the client as they come', async (t) => {
      let goOn: () => void = () => undefined
      const { client, harness } = await setUp(
        t,
        (socket) => {
          socket.once('data', () => socket.write('HTTP/1.1 100 Continue\r\n\r\n'))
          goOn = () => {
            socket.write('HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\n')
            goOn = () => void socket.write(OK)
          }
        },
        { workers },
      )
      client.socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n')
      await client.has('100 Continue')
      client.socket.write('body')
      goOn()
      await client.has('103 Early')
      t.notMatch(client.text, '200 OK')
      goOn()
      await client.has('ok')
      client.socket.end()
      await client.over()
      await harness.checkLaws(t, 1)
      t.match(harness.named('informational_response'), [{ status: 100 }, { status: 103, fields: [['Link', '</a.css>']] }])
      t.match(harness.exchangeEnds(), [{ status: 200, bytes_client: 4, bytes_origin: 2, close_reason: 'completed' }])
    })

    t.test('500 pipelined requests, answered in bundles', async (t) => {
      let head = ''
      const { client, harness } = await setUp(
        t,
        (socket) => {
          let answered = 0
          socket.on('data', (chunk) => {
            head += chunk.toString('latin1')
            // Answers in bundles, later: more requests than the engine takes ahead of their answers are on the way.
            setTimeout(() => {
              const asked = head.split('\r\n\r\n').length - 1
              if (asked > answered) socket.write(OK.repeat(asked - answered))
              answered = asked
            }, 20)
          })
          socket.on('end', () => socket.end())
        },
        { workers },
      )
      client.socket.write(GET.repeat(500))
      await client.until(() => client.text === OK.repeat(500), '500 answers')
      t.equal(head, GET.repeat(500))
      client.socket.end()
      await client.over()
      await harness.checkLaws(t, 1)
      t.equal(harness.exchangeEnds().length, 500)
    })

    t.test('close-delimited, HTTP/1.0, and an end in the middle', async (t) => {
      const answers = [
        'HTTP/1.1 200 OK\r\n\r\nuntil the end',
        'HTTP/1.0 200 OK\r\n\r\nold',
        'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf',
      ]
      const { client, harness, open } = await setUp(t, (socket) => void socket.once('data', () => socket.end(answers.shift() ?? '')), {
        workers,
      })
      for (const [connection, answer] of [
        [client, answers[0]],
        [await open(), answers[1]],
        [await open(), answers[2]],
      ] as const) {
        connection.socket.write(GET)
        await connection.over()
        t.equal(connection.text, answer)
      }
      await harness.checkLaws(t, 3)
      t.same(
        harness.exchangeEnds().map((event) => event.close_reason),
        ['completed', 'completed', 'upstream_closed_early'],
      )
    })

    t.test('a client that leaves, in order or by reset, in the middle of an answer', async (t) => {
      const { client, harness, open } = await setUp(
        t,
        (socket) => {
          socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf'))
          socket.on('end', () => socket.end())
        },
        { workers },
      )
      client.socket.write(GET)
      await client.has('half')
      client.socket.destroy()
      const other = await open()
      other.socket.write(GET)
      await other.has('half')
      other.transport.resetAndDestroy()
      await harness.checkLaws(t, 2)
      t.equal(harness.exchangeEnds().length, 2)
      for (const { close_reason } of harness.exchangeEnds()) t.match(close_reason, /client_reset|client_closed_early|upstream_closed_early/)
    })

    t.test('upgrade: both directions are opaque from the 101 on', async (t) => {
      const { client, harness } = await setUp(
        t,
        (socket) => {
          socket.once('data', () => {
            socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: Chat\r\n\r\n\0hello')
            socket.on('data', (chunk) => socket.write(chunk))
            socket.on('end', () => socket.end())
          })
        },
        { workers },
      )
      client.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: Chat\r\n\r\n')
      await client.has('\0hello')
      client.socket.write('\n\r \0 anything')
      await client.has('\n\r \0 anything')
      client.socket.end()
      await client.over()
      await harness.checkLaws(t, 1)
      t.match(harness.named('connection_upgraded'), [{ upgrade: 'chat', exchange: 0 }])
    })

    t.test('a slow reader stops the origin', async (t) => {
      const chunk = Buffer.alloc(65_536, 'x')
      let written = 0
      let drained = false
      const { client, harness } = await setUp(
        t,
        (socket) => {
          const pour = () => {
            while (written < 64_000_000) {
              written += chunk.length
              if (!socket.write(chunk)) {
                socket.once('drain', pour)
                return
              }
            }
            drained = true
            socket.end()
          }
          socket.once('data', () => {
            socket.write('HTTP/1.1 200 OK\r\n\r\n')
            pour()
          })
        },
        { workers },
      )
      client.socket.pause()
      client.socket.write(GET)
      // However slow the machine: the origin comes to a stop, long before it has written everything.
      let before = -1
      while (before !== written) {
        before = written
        await delay(500)
      }
      t.ok(written < 40_000_000, `after ${written} octets, most of them in the kernel's buffers`)
      let octets = 0
      client.socket.removeAllListeners('data')
      client.socket.on('data', (part) => {
        octets += part.length
      })
      client.socket.resume()
      await client.until(() => client.ended, 'the end')
      client.socket.end()
      t.ok(drained)
      t.equal(octets, written + 'HTTP/1.1 200 OK\r\n\r\n'.length)
      await harness.checkLaws(t, 1)
      t.match(harness.exchangeEnds(), [{ bytes_origin: written, close_reason: 'completed' }])
    })
  })
}

t.test('200 MB through, with memory that does not grow', async (t) => {
  const size = 200_000_000
  const chunk = Buffer.alloc(100_000, 'y')
  const { client, harness } = await setUp(
    t,
    (socket) => {
      let left = size
      const pour = () => {
        while (left > 0) {
          left -= chunk.length
          if (!socket.write(chunk)) {
            socket.once('drain', pour)
            return
          }
        }
      }
      socket.once('data', () => {
        socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`)
        pour()
      })
      socket.on('end', () => socket.end())
    },
    { workers: 0 },
  )
  client.socket.removeAllListeners('data')
  let octets = 0
  let peak = 0
  const external = () => process.memoryUsage().arrayBuffers
  const start = external()
  client.socket.on('data', (part) => {
    octets += part.length
    peak = Math.max(peak, external() - start)
  })
  client.socket.write(GET)
  await client.until(() => octets >= size, 'the whole body')
  client.socket.end()
  await client.over()
  t.ok(peak < size / 2, `buffers grew by ${Math.round(peak / 1e6)} MB at most`)
  await harness.checkLaws(t, 1)
  t.match(harness.exchangeEnds(), [{ bytes_origin: size, status: 200 }])
})
