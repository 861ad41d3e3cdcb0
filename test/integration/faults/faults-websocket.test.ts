/**
 * Faults of WebSocket messages, as `ws` on both ends sees them: what came, how often and when, the close code, the error; and what
 * the engine tells of it. Over HTTP/1.1, and over a stream of HTTP/2 (RFC 8441).
 */

import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { isNotApplicable } from '../../../src/shared/faults/not-applicable.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { frame, fromClient } from '../../support/octets/websocket-frames.ts'
import { openHttp2, startHttp2Origin } from '../../support/origins/http2-origin.ts'
import { openTunnel } from '../../support/proxy-client.ts'
import { startHttpsOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

/** What one end saw. */
interface End {
  readonly messages: string[]
  readonly times: number[]
  readonly errors: string[]
  code: number
  reason: string
}

function watch(socket: WebSocket): End {
  const end: End = { messages: [], times: [], errors: [], code: 0, reason: '' }
  socket.on('message', (data) => {
    end.messages.push(String(data))
    end.times.push(performance.now())
  })
  socket.on('error', (error) => end.errors.push((error as { code?: string }).code ?? error.message))
  socket.on('close', (code, reason) => {
    end.code = code
    end.reason = String(reason)
  })
  return end
}

const SAID = ['null', 'eins', 'zwei', 'drei']

type Deflate = object | false

interface Case {
  readonly fault: object
  readonly deflate?: Deflate
  /** What each end heard; absent: all that was said. */
  readonly client?: Partial<End>
  readonly origin?: Partial<End>
  readonly told: { readonly position?: number; readonly unit?: string; readonly applied: object }
  /** Of the connection; absent: not looked at. */
  readonly reason?: string
}

const without = (n: number) => SAID.filter((_, at) => at !== n)
const twice = (n: number) => SAID.flatMap((text, at) => (at === n ? [text, text] : [text]))
const NO_TAKEOVER = { serverNoContextTakeover: true, clientNoContextTakeover: true, threshold: 0 }
const CLOSED = { code: 4_000, reason: 'done', errors: [] }

function altered(side: 'client' | 'origin', action: 'drop' | 'duplicate', deflate: Deflate): Case {
  const heard = { ...CLOSED, messages: action === 'drop' ? without(1) : twice(1) }
  const ends = side === 'origin' ? { client: heard, origin: CLOSED } : { client: CLOSED, origin: heard }
  return {
    fault: { side, message: 1, action },
    deflate,
    ...ends,
    told: { position: 1, unit: 'message', applied: { action } },
    reason: 'completed',
  }
}

function malformed(side: 'client' | 'origin', defect: string, code: string): Case {
  const failed = { messages: SAID.slice(0, 1), errors: [code] }
  const ends = side === 'origin' ? { client: failed } : { origin: failed }
  return {
    fault: { side, message: 1, action: 'malformed', defect },
    ...ends,
    told: { position: 1, applied: { action: 'malformed', defect } },
  }
}

const CASES: Readonly<Record<string, Case>> = {
  'a message of the origin is dropped': altered('origin', 'drop', false),
  'a message of the origin comes twice': altered('origin', 'duplicate', false),
  'a message of the client is dropped': altered('client', 'drop', false),
  'a message of the client comes twice': altered('client', 'duplicate', false),
  'a compressed message of the origin is dropped': altered('origin', 'drop', NO_TAKEOVER),
  'a compressed message of the origin comes twice': altered('origin', 'duplicate', NO_TAKEOVER),
  'a compressed message of the client is dropped': altered('client', 'drop', NO_TAKEOVER),
  'with context takeover a compressed message passes': {
    fault: { message: 1, action: 'drop' },
    deflate: { threshold: 0 },
    client: { ...CLOSED, messages: SAID },
    told: { applied: { not_applicable: 'compressed with context takeover' } },
  },
  'a message is late': {
    fault: { message: 2, action: 'delay', ms: 300 },
    client: CLOSED,
    told: { position: 2, applied: { action: 'delay', ms: 300 } },
  },
  'a close towards the client': {
    fault: { message: 2, code: 1_012, reason: 'restart' },
    client: { messages: SAID.slice(0, 2), code: 1_012, reason: 'restart', errors: [] },
    told: { applied: { action: 'close', code: 1_012, reason: 'restart' } },
    reason: 'fault_injected',
  },
  'a close towards the origin': {
    fault: { side: 'client', message: 1, code: 4_123, reason: 'ü' },
    origin: { messages: SAID.slice(0, 1), code: 4_123, reason: 'ü', errors: [] },
    told: { applied: { action: 'close', code: 4_123 } },
    reason: 'fault_injected',
  },
  'a reserved opcode of the origin': malformed('origin', 'opcode', 'WS_ERR_INVALID_OPCODE'),
  'reserved bits of the origin': malformed('origin', 'reserved_bits', 'WS_ERR_UNEXPECTED_RSV_2_3'),
  'a mask of the origin': malformed('origin', 'mask', 'WS_ERR_UNEXPECTED_MASK'),
  'a reserved opcode of the client': malformed('client', 'opcode', 'WS_ERR_INVALID_OPCODE'),
  'no mask of the client': malformed('client', 'mask', 'WS_ERR_EXPECTED_MASK'),
}

const pathOf = (n: number) => `/case-${n}`

/** Each side says four messages; the client closes once it has heard the pong behind them, and the origin has. */
async function talk(harness: EngineHarness, port: number, path: string, deflate: Deflate, joined: Promise<WebSocket>) {
  const tunnel = await openTunnel(harness.proxyPort, `localhost:${port}`)
  const secure = connectTls({ socket: tunnel, ca: harness.caPem, servername: 'localhost' })
  await once(secure, 'secureConnect')
  const client = new WebSocket(`ws://localhost:${port}${path}`, { perMessageDeflate: deflate, createConnection: () => secure })
  const seen = watch(client)
  const peer = await joined
  const heard = watch(peer)
  if (client.readyState === WebSocket.CONNECTING) await once(client, 'open')
  const both = [client, peer]
  const closes = Promise.all(both.map((socket) => new Promise((resolve) => socket.once('close', resolve))))
  const begun = performance.now()
  for (const text of SAID) for (const socket of both) socket.send(text)
  const pongs = Promise.all(both.map((socket) => new Promise((resolve) => socket.once('pong', resolve))))
  for (const socket of both) socket.ping()
  // An end that has failed hears no pong, and is closed already.
  void pongs.then(() => client.close(CLOSED.code, CLOSED.reason))
  await closes
  return { client: seen, origin: heard, begun }
}

t.test('over HTTP/1.1', async (t) => {
  const cases = Object.entries(CASES)
  const joins = new Map<string, (peer: WebSocket) => void>()
  const origin = await startHttpsOrigin((_request, response) => response.end())
  t.teardown(() => origin.close())
  origin.server.on('upgrade', (request, socket, head) => {
    const { deflate = false } = cases.find((_, n) => pathOf(n) === request.url)?.[1] ?? {}
    const server = new WebSocketServer({ noServer: true, perMessageDeflate: deflate })
    server.handleUpgrade(request, socket, head, (peer) => joins.get(request.url ?? '')?.(peer))
  })
  const rules = cases.map(([, { fault }], n) => ({
    name: pathOf(n),
    match: { path: pathOf(n) },
    fault: { kind: 'websocket', ...fault } as never,
  }))
  const harness = await EngineHarness.start(t, { rules })
  const talks = await Promise.all(
    cases.map(([, { deflate = false }], n) => {
      const joined = new Promise<WebSocket>((resolve) => joins.set(pathOf(n), resolve))
      return talk(harness, origin.port, pathOf(n), deflate, joined)
    }),
  )
  await harness.checkLaws(t, cases.length)
  for (const [n, [name, { client = {}, origin = {}, told, reason }]] of cases.entries())
    await t.test(name, async (t) => {
      t.match(talks[n]?.client, client)
      t.match(talks[n]?.origin, origin)
      for (const end of ['client', 'origin'] as const) {
        const { messages } = { client, origin }[end]
        if (messages !== undefined) t.same(talks[n]?.[end].messages, messages)
      }
      const injected = harness.named('fault_injected').filter((event) => event.rule === pathOf(n))
      t.equal(injected.length, 1)
      t.match(injected[0], { kind: 'websocket', phase: 'body', ...told })
      const { flow_id } = harness.named('request_headers').find((event) => event.path === pathOf(n)) ?? {}
      const ended = harness.named('websocket_closed').find((event) => event.flow_id === flow_id)
      t.equal(ended?.faulted, isNotApplicable(told.applied) ? undefined : true)
      if (reason !== undefined) t.equal(ended?.close_reason, reason)
    })
  const late = talks[cases.findIndex(([name]) => name === 'a message is late')]
  const [, , third = 0] = late?.client.times ?? []
  t.ok(third - (late?.begun ?? third) >= 299, 'it is 300 ms late')
})

t.test('on a stream of HTTP/2, beside others', async (t) => {
  const said = SAID.map((payload) => frame({ opcode: 1, payload }))
  const heard: Buffer[] = []
  const origin = await startHttp2Origin(
    t,
    (stream, headers) => {
      if (headers[':method'] !== 'CONNECT') {
        stream.respond({ ':status': 200 })
        stream.end('other')
        return
      }
      stream.respond({ ':status': 200 })
      stream.on('data', (chunk: Buffer) => heard.push(chunk)).on('end', () => stream.end(Buffer.concat(said)))
    },
    { settings: { enableConnectProtocol: true } },
  )
  const match = { method: 'CONNECT' }
  const rules = [
    { name: 'origin', match, fault: { kind: 'websocket' as const, message: 1, action: 'drop' as const } },
    { name: 'client', match, fault: { kind: 'websocket' as const, side: 'client' as const, message: 2, action: 'duplicate' as const } },
  ]
  const harness = await EngineHarness.start(t, { rules })
  const session = await openHttp2(harness, origin.port)
  const stream = session.request(
    { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/talk', 'sec-websocket-version': '13' },
    { endStream: false },
  )
  const chunks: Buffer[] = []
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(stream, 'response')
  const frames = SAID.map((payload) => Buffer.from(fromClient({ opcode: 1, payload })))
  stream.end(Buffer.concat(frames))
  await once(stream, 'close')
  t.same(Buffer.concat(chunks), Buffer.concat(said.filter((_, n) => n !== 1)))
  t.same(Buffer.concat(heard), Buffer.concat(frames.flatMap((octets, n) => (n === 2 ? [octets, octets] : [octets]))))
  const other = session.request({ ':path': '/' })
  let body = ''
  other.setEncoding('utf8').on('data', (text: string) => {
    body += text
  })
  await once(other, 'close')
  t.equal(body, 'other')
  session.destroy()
  await harness.checkLaws(t, 1)
  const told = harness.named('fault_injected').map(({ rule, position }) => `${rule} ${position}`)
  t.same(told.sort(), ['client 2', 'origin 1'])
})
