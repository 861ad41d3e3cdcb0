/** ClientPeek on real sockets: what the first octets are, who spoke first, who left; and that nothing is consumed. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import t from 'tap'
import { ClientPeek } from '../../../src/workers/stages/peek.ts'
import { helloBytes } from '../../support/octets/hello-bytes.ts'

type Teardown = { teardown(end: () => void): void }

/** Our end and the peer's end of one connection. */
async function socketPair(t: Teardown): Promise<[ours: Socket, peer: Socket]> {
  const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', () => {})
  const [ours] = (await once(server, 'connection')) as [Socket]
  ours.on('error', () => {})
  t.teardown(() => {
    ours.destroy()
    peer.destroy()
    server.close()
  })
  return [ours, peer]
}

async function octets(socket: Socket, count: number): Promise<Buffer> {
  const parts: Buffer[] = []
  let length = 0
  socket.on('data', (part: Buffer) => {
    parts.push(part)
    length += part.length
  })
  socket.resume()
  while (length < count) await once(socket, 'data')
  return Buffer.concat(parts)
}

const HELLO = Buffer.from(helloBytes())

const FIRST: readonly (readonly [name: string, sent: readonly Buffer[], outcome: object])[] = [
  ['TLS', [HELLO], { kind: 'tls', hello: { sni: 'a.example' } }],
  ['TLS in pieces, with more behind it', [HELLO.subarray(0, 3), HELLO.subarray(3), Buffer.from('early')], { kind: 'tls' }],
  ['HTTP', [Buffer.from('GET / HTTP/1.1\r\n')], { kind: 'cleartext', speaks: 'http1' }],
  ['HTTP/2 by prior knowledge', [Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')], { kind: 'cleartext', speaks: 'http2' }],
  ['a line of another protocol', [Buffer.from('NICK a\n')], { kind: 'cleartext', speaks: 'other' }],
  ['a greeting that ends in octets', [Buffer.from('AM'), Buffer.from('QP\0\0\t\x01')], { kind: 'cleartext', speaks: 'other' }],
  ['HTTP in pieces', [Buffer.from('G'), Buffer.from('ET '), Buffer.from('/')], { kind: 'cleartext', speaks: 'http1' }],
  ['octets', [Buffer.from([0, 1, 2])], { kind: 'cleartext', speaks: 'other' }],
  [
    'an alert in the place of a hello',
    [Buffer.from([0x15, 3, 1, 0, 2, 2, 80])],
    { kind: 'gone', evidence: { phase: 'before_hello', alert: 80, certificateSent: false } },
  ],
  ['the same in pieces', [Buffer.from([0x15, 3]), Buffer.from([1, 0, 2, 2]), Buffer.from([80])], { kind: 'gone', evidence: { alert: 80 } }],
  ['an alert that is none', [Buffer.from([0x15, 3, 1, 0, 3, 2, 80, 0])], { kind: 'violation' }],
  ['application data', [Buffer.from([0x17, 3, 3, 0, 1, 0])], { kind: 'violation' }],
  ['a broken hello', [Buffer.from([0x16, 3, 1, 0, 4, 1, 0, 0, 0])], { kind: 'violation' }],
]

for (const [name, sent, outcome] of FIRST) {
  t.test(`${name}: told, and given back whole`, async (t) => {
    const [ours, peer] = await socketPair(t)
    const peek = new ClientPeek(ours)
    const first = peek.first(undefined, 5_000)
    for (const part of sent) {
      peer.write(part)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    t.match(await first, outcome)
    peek.release()
    const all = Buffer.concat(sent)
    t.same(await octets(ours, all.length), all)
  })
}

t.test('an origin that speaks first keeps what it said', async (t) => {
  const [ours] = await socketPair(t)
  const [origin, server] = await socketPair(t)
  const first = new ClientPeek(ours).first(origin, 5_000)
  server.write('220 mail.example')
  t.same(await first, { kind: 'origin_first' })
  t.equal((await octets(origin, 16)).toString(), '220 mail.example')
})

t.test('half a line is read as HTTP in the end, so that no slow client passes by the rules about requests', async (t) => {
  const [ours, peer] = await socketPair(t)
  const first = new ClientPeek(ours).first(undefined, 50)
  peer.write('HELLO')
  t.same(await first, { kind: 'cleartext', speaks: 'http1' })
})

t.test('a client that leaves, or stays silent: how far it had come', async (t) => {
  const table: readonly (readonly [name: string, act: (peer: Socket) => void, evidence: object])[] = [
    ['silent', () => {}, { phase: 'before_hello', timedOut: true }],
    ['FIN at once', (peer) => peer.end(), { phase: 'before_hello', ended: true, reset: false }],
    ['FIN in the hello', (peer) => peer.end(HELLO.subarray(0, 20)), { phase: 'hello', ended: true, reset: false }],
    ['RST', (peer) => peer.resetAndDestroy(), { phase: 'before_hello', code: 'ECONNRESET' }],
  ]
  for (const [name, act, evidence] of table) {
    const [ours, peer] = await socketPair(t)
    const first = new ClientPeek(ours).first(undefined, name === 'silent' ? 20 : 5_000)
    act(peer)
    t.match(await first, { kind: 'gone', evidence: { side: 'client', certificateSent: false, ...evidence } }, name)
  }
})

t.test('handing over: of several alerts, the first that says why counts', async (t) => {
  const alert = (description: number) => Buffer.from([0x15, 3, 3, 0, 2, 2, description])
  for (const [descriptions, expected] of [
    [[48], 48],
    [[48, 0], 48],
    [[42, 48, 0], 42],
    [[90, 0], 0],
    [[0, 48], 48],
  ] as const) {
    const [ours, peer] = await socketPair(t)
    const peek = new ClientPeek(ours)
    const first = peek.first(undefined, 5_000)
    const gone = new Promise<void>((resolve) => {
      peek.onGone = resolve
    })
    peer.write(HELLO)
    t.match(await first, { kind: 'tls' })
    peer.end(Buffer.concat(descriptions.map(alert)))
    await gone
    await once(ours, 'end')
    t.match(await peek.handOver(), { phase: 'mid_handshake', alert: expected }, `${descriptions}`)
  }
})

t.test('handing over: a client that has left meanwhile is found out', async (t) => {
  const [ours, peer] = await socketPair(t)
  const peek = new ClientPeek(ours)
  const first = peek.first(undefined, 5_000)
  peer.write(HELLO)
  t.match(await first, { kind: 'tls' })
  peer.end()
  await once(ours, 'end')
  t.match(await peek.handOver(), { phase: 'mid_handshake', ended: true })

  const [stays, client] = await socketPair(t)
  const other = new ClientPeek(stays)
  const kind = other.first(undefined, 5_000)
  client.write(HELLO)
  await kind
  t.equal(await other.handOver(), undefined)
  t.same(await octets(stays, HELLO.length), HELLO)
})

for (const [name, said, outcome] of [
  ['an SMTP greeting', Buffer.from('220 mail\r\n'), { kind: 'origin_first' }],
  // RFC 9113 §3.4: SETTINGS need not wait for the client's preface.
  ['SETTINGS of HTTP/2', Buffer.from([0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]), { kind: 'cleartext', speaks: 'http2' }],
  ['a frame that is no SETTINGS', Buffer.from([0, 0, 6, 5, 0, 0, 0, 0, 0]), { kind: 'origin_first' }],
] as const) {
  t.test(`the origin speaks first: ${name}`, async (t) => {
    const [client, peer] = await socketPair(t)
    const [origin, server] = await socketPair(t)
    const peek = new ClientPeek(client)
    const first = peek.first(origin, 5_000)
    server.write(said)
    await new Promise((resolve) => setTimeout(resolve, 50))
    peer.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    t.match(await first, outcome)
    peek.release()
    t.same(await octets(origin, said.length), said, 'nothing is consumed')
  })
}
