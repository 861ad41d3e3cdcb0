/**
 * WebSocket through the engine: `ws` on both ends, with and without compression; messages arrive as they were sent, and the
 * events tell of every frame, turn and end.
 */

import { once } from 'node:events'
import { connect as connectTls } from 'node:tls'
import t from 'tap'
import { type RawData, WebSocket, WebSocketServer } from 'ws'
import { EngineHarness } from '../../support/engine-harness.ts'
import { until } from '../../support/harnesses/aggregator-harness.ts'
import { openTunnel } from '../../support/proxy-client.ts'
import { streamStory } from '../../support/recorders/stream-story.ts'
import { startHttpsOrigin, type TestOrigin } from '../../support/test-origin.ts'

t.setTimeout(600_000)

interface Peer {
  readonly origin: TestOrigin
  readonly server: WebSocketServer
}

/** An origin that hands each WebSocket to `serve`. */
async function startPeer(serve: (socket: WebSocket) => void, perMessageDeflate: boolean | object = false): Promise<Peer> {
  const server = new WebSocketServer({ noServer: true, perMessageDeflate, maxPayload: 128 * 1024 * 1024, handleProtocols: () => 'chat' })
  const origin = await startHttpsOrigin((_request, response) => response.end('no'))
  origin.server.on('upgrade', (request, socket, head) => {
    server.handleUpgrade(request, socket, head, (peer) => {
      peer.on('error', () => peer.terminate())
      serve(peer)
    })
  })
  return { origin, server }
}

/** A client of the origin at `port`, through the proxy. */
async function openClient(harness: EngineHarness, port: number, perMessageDeflate: boolean | object = false): Promise<WebSocket> {
  const tunnel = await openTunnel(harness.proxyPort, `localhost:${port}`)
  const secure = connectTls({ socket: tunnel, ca: harness.caPem, servername: 'localhost' })
  await once(secure, 'secureConnect')
  const client = new WebSocket(`ws://localhost:${port}/talk`, ['chat'], {
    perMessageDeflate,
    maxPayload: 128 * 1024 * 1024,
    createConnection: () => secure,
  })
  await once(client, 'open')
  return client
}

async function message(client: WebSocket): Promise<Buffer> {
  const [data] = (await once(client, 'message')) as [RawData]
  return data as Buffer
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }))
}

t.test('a conversation, event by event', async (t) => {
  const harness = await EngineHarness.start(t, { rules: [{ capture: { body_bytes: 64 } }] })
  const peer = await startPeer((socket) => {
    socket.on('message', (data) => {
      if (String(data) === 'first') for (const answer of ['one', 'two']) socket.send(answer)
      else socket.send(Buffer.from([1, 2, 3]))
    })
  })
  t.teardown(() => peer.origin.close())
  const client = await openClient(harness, peer.origin.port)
  let answers = 0
  client.on('message', () => answers++)
  client.send('first')
  while (answers < 2) await once(client, 'message')
  client.send('zwei', { fin: false })
  client.ping('p')
  client.send('te', { fin: true })
  while (answers < 3) await once(client, 'message')
  client.close(1000, 'done')
  await once(client, 'close')
  await harness.checkLaws(t, 1)
  t.same(streamStory(harness.events), [
    'request_headers @http1 method=GET path=/talk',
    'response_headers @http1 status=101 source=origin',
    'connection_upgraded @http1 upgrade=websocket',
    'websocket_opened @ws subprotocol=chat compressed=false',
    'websocket_frame @ws side=client opcode=text fin=true size=5 message_index=0 message_size=5 text=first',
    'ws_turn_started @ws turn_id=0 initiator=client first_sequence=0',
    'websocket_frame @ws side=origin opcode=text fin=true size=3 message_index=0 message_size=3 text=one',
    'websocket_frame @ws side=origin opcode=text fin=true size=3 message_index=1 message_size=3 text=two',
    'websocket_frame @ws side=client opcode=text fin=false size=4',
    'websocket_frame @ws side=client opcode=ping fin=true size=1',
    'websocket_frame @ws side=client opcode=continuation fin=true size=2 message_index=1 message_size=6 text=zweite',
    'ws_turn_completed @ws turn_id=0 initiator=client reason=next_turn messages_client=1 messages_origin=2 bytes_client=5 bytes_origin=6 first_sequence=0 last_sequence=2',
    'ws_turn_started @ws turn_id=1 initiator=client first_sequence=3',
    'websocket_frame @ws side=origin opcode=pong fin=true size=1',
    'websocket_frame @ws side=origin opcode=binary fin=true size=3 message_index=2 message_size=3 data=AQID',
    'websocket_frame @ws side=client opcode=close fin=true size=6 code=1000 reason=done',
    'ws_turn_completed @ws turn_id=1 initiator=client reason=close messages_client=1 messages_origin=1 bytes_client=6 bytes_origin=3 first_sequence=3 last_sequence=4',
    'websocket_frame @ws side=origin opcode=close fin=true size=6 code=1000 reason=done',
    'websocket_closed @ws close_reason=completed code=1000 reason=done closed_by=client messages_client=2 messages_origin=3 bytes_client=18 bytes_origin=16 turns=2',
    'stream_closed @ws close_reason=completed status=101 method=GET bytes_client=18 bytes_origin=16',
    ...streamStory(harness.flowEnds()),
  ])
  t.match(harness.flowEnds()[0], { protocol: 'ws', close_reason: 'relay_eof' })
})

t.test('messages of 1 octet to 64 MB arrive as they were sent', async (t) => {
  for (const deflate of [false, { threshold: 0 }, { threshold: 0, serverNoContextTakeover: true, clientNoContextTakeover: true }]) {
    const harness = await EngineHarness.start(t, { rules: [{ capture: { body_bytes: 16 } }] })
    const peer = await startPeer(echo, deflate)
    t.teardown(() => peer.origin.close())
    const client = await openClient(harness, peer.origin.port, deflate)
    // Compressing 64 MB takes `ws` seconds: the largest go uncompressed.
    const sizes = [1, 125, 126, 65_535, 65_536, 1_000_000, ...(deflate === false ? [67_108_864] : [])]
    for (const size of sizes) {
      const sent = Buffer.alloc(size, `${size} octets, over and over; `)
      client.send(sent)
      t.ok((await message(client)).equals(sent), `${size} octets, ${JSON.stringify(deflate)}`)
    }
    client.send('ü'.repeat(40))
    t.equal(String(await message(client)), 'ü'.repeat(40))
    client.close()
    await once(client, 'close')
    await harness.checkLaws(t, 1)
    const told = harness.named('websocket_frame').filter((frame) => frame.side === 'origin' && frame.message_index !== undefined)
    t.same(
      told.map((frame) => frame.message_size),
      [...sizes, 80],
    )
    t.equal(told.at(-1)?.text, 'ü'.repeat(8))
    t.match(harness.named('websocket_opened')[0], { compressed: deflate !== false })
    t.same(harness.named('decode_failed'), [])
  }
})

t.test('a turn in which nothing is said for a while completes', async (t) => {
  const harness = await EngineHarness.start(t, { limits: { ws_turn_idle_ms: 100 } })
  const peer = await startPeer(echo)
  t.teardown(() => peer.origin.close())
  const client = await openClient(harness, peer.origin.port)
  client.send('a')
  await message(client)
  await until(async () => {
    await harness.engine.flush()
    return harness.named('ws_turn_completed').length > 0
  }, 'the turn is over')
  t.match(harness.named('ws_turn_completed'), [{ turn_id: 0, reason: 'idle' }])
  client.terminate()
  await harness.checkLaws(t, 1)
})

t.test('idle connections end by the limit of their protocol, with their terminal events', async (t) => {
  const harness = await EngineHarness.start(t, { limits: { ws_idle_timeout_ms: 200 } })
  const peer = await startPeer(echo)
  t.teardown(() => peer.origin.close())
  const client = await openClient(harness, peer.origin.port)
  client.on('error', () => {})
  await once(client, 'close')
  await harness.checkLaws(t, 1)
  t.match(harness.named('websocket_closed'), [{ close_reason: 'idle_timeout', messages_client: 0 }])
  t.match(harness.exchangeEnds(), [{ close_reason: 'idle_timeout', protocol: 'ws' }])
})

t.test('observe: none relays the same, and tells of the upgrade alone', async (t) => {
  const harness = await EngineHarness.start(t, { observe: 'none' })
  const peer = await startPeer(echo)
  t.teardown(() => peer.origin.close())
  const client = await openClient(harness, peer.origin.port)
  client.send('a')
  t.equal(String(await message(client)), 'a')
  client.close()
  await once(client, 'close')
  await harness.checkLaws(t, 1)
  t.same(harness.named('websocket_frame'), [])
  t.equal(harness.named('connection_upgraded').length, 1)
})
