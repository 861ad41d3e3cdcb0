/**
 * The WebSocket layer passes every octet and tells every message that real `ws` peers exchange.
 */

import { once } from 'node:events'
import { type AddressInfo, createServer, connect as tcpConnect } from 'node:net'
import t from 'tap'
import { WebSocket, WebSocketServer } from 'ws'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import { PASS } from '../../../../src/workers/layers/layer.ts'
import { Plan } from '../../../../src/workers/layers/plan.ts'
import { parseExtensions } from '../../../../src/workers/layers/websocket/extensions.ts'
import { WebSocketLayer } from '../../../../src/workers/layers/websocket/websocket-layer.ts'
import { fromClient, WebSocketRecorder } from '../../../support/octets/websocket-frames.ts'

t.test('always passes, plan untouched', async (t) => {
  const recorder = new WebSocketRecorder()
  const layer = new WebSocketLayer(recorder)
  const plan = new Plan()
  t.equal(layer.execute(CLIENT, fromClient({ opcode: 1, payload: 'x' })), PASS)
  t.equal(layer.execute(CLIENT, Uint8Array.of(0x83, 0x00)), PASS)
  t.equal(layer.finish(CLIENT), PASS)
  t.equal(layer.resume(), PASS)
  layer.abort('draining')
  t.same(plan, new Plan())
  t.same(
    recorder.facts.map((fact) => fact[0]),
    ['frame', 'message', 'violation', 'end'],
  )
})

/** Octets both ways between a `ws` client and an echoing `ws` server, behind the handshake, in the order they came. */
async function conversation(deflate: boolean | object, messages: (string | Buffer)[]) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: deflate })
  server.on('connection', (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })))
  await once(server, 'listening')
  const heard: [Side, Uint8Array][] = []
  let extensions: string | undefined
  const relay = createServer((client) => {
    const origin = tcpConnect((server.address() as AddressInfo).port, '127.0.0.1')
    const skip: [Buffer, Buffer] = [Buffer.alloc(0), Buffer.alloc(0)]
    const done = [false, false]
    const hear = (side: Side, bytes: Buffer) => {
      let body = bytes
      if (!done[side]) {
        skip[side] = Buffer.concat([skip[side], bytes])
        const end = skip[side].indexOf('\r\n\r\n')
        if (end === -1) return
        done[side] = true
        if (side === ORIGIN) extensions = /sec-websocket-extensions: (.*)\r\n/i.exec(skip[side].toString('latin1'))?.[1]
        body = skip[side].subarray(end + 4)
      }
      if (body.length > 0) heard.push([side, Uint8Array.from(body)])
    }
    client.on('data', (bytes: Buffer) => {
      hear(CLIENT, bytes)
      origin.write(bytes)
    })
    origin.on('data', (bytes: Buffer) => {
      hear(ORIGIN, bytes)
      client.write(bytes)
    })
    client.on('close', () => origin.destroy())
    origin.on('close', () => client.destroy())
    for (const socket of [client, origin]) socket.on('error', () => {})
  }).listen(0, '127.0.0.1')
  await once(relay, 'listening')
  const client = new WebSocket(`ws://127.0.0.1:${(relay.address() as AddressInfo).port}`, { perMessageDeflate: deflate !== false })
  await once(client, 'open')
  for (const message of messages) {
    client.send(message)
    await once(client, 'message')
  }
  client.close(1000, 'done')
  await once(client, 'close')
  server.close()
  relay.close()
  return { heard, extensions }
}

t.test('`ws` peers, with and without permessage-deflate: every message both ways', async (t) => {
  const messages: (string | Buffer)[] = [
    'a',
    'é€😀'.repeat(50),
    JSON.stringify({ n: 1, text: 'repeats '.repeat(400) }),
    JSON.stringify({ n: 2, text: 'repeats '.repeat(400) }),
    Buffer.alloc(70_000, 'binary'),
    Buffer.from(Array.from({ length: 40_000 }, (_, i) => (i * i * 31) & 255)),
    'end',
  ]
  const settings = [
    false,
    { threshold: 0 },
    { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true },
    { threshold: 0, serverMaxWindowBits: 9, clientMaxWindowBits: 10 },
  ]
  for (const deflate of settings) {
    const { heard, extensions } = await conversation(deflate, messages)
    const recorder = new WebSocketRecorder()
    const layer = new WebSocketLayer(recorder, { extensions: parseExtensions(extensions), captureBytes: 1 << 20 })
    for (const [side, bytes] of heard) layer.execute(side, bytes)
    layer.abort('relay_eof')
    t.equal(extensions !== undefined, deflate !== false, String(extensions))
    for (const side of [CLIENT, ORIGIN]) {
      const payloads = recorder
        .of('message')
        .filter((fact) => fact[1] === side)
        .map((fact) => fact[10])
      t.same(
        payloads,
        messages.map((message) => Buffer.from(message as string).toString('base64')),
        `side ${side}`,
      )
    }
    t.same(recorder.of('violation'), [])
    t.same(
      recorder.of('close').map((fact) => fact[2]),
      [1000, 1000],
    )
    t.same(recorder.of('end'), [['end', 'completed']])
  }
})
