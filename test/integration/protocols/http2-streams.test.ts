/**
 * HTTP/2 through the engine, by node:http2 on both sides: many streams at once, bodies both ways, cancellation, push, drains,
 * WebSocket streams, a reader that stalls.
 */

import { createHash } from 'node:crypto'
import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2'
import { setTimeout as delay } from 'node:timers/promises'
import t from 'tap'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { EngineHarness } from '../../support/engine-harness.ts'
import { answerOf } from '../../support/harnesses/http2-engine.ts'
import { closed, openHttp2, startHttp2Origin } from '../../support/origins/http2-origin.ts'

t.setTimeout(600_000)

const MEGABYTE = 1_048_576
const BIG = Buffer.alloc(8 * MEGABYTE, 'ten octets')
const STREAMS = 100

/** Sends the request body back, with trailers. */
function echo(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  stream.respond({ ':status': 200, 'x-path': headers[':path'] ?? '' }, { waitForTrailers: true })
  stream.on('wantTrailers', () => stream.sendTrailers({ 'x-end': 'yes' }))
  stream.pipe(stream)
}

const sha = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

for (const workers of [0, 1]) {
  t.test(`workers: ${workers}`, async (t) => {
    t.test(`${STREAMS} streams at once`, async (t) => {
      const origin = await startHttp2Origin(t, echo)
      const harness = await EngineHarness.start(t, { workers })
      const client = await openHttp2(harness, origin.port)
      const answers = await Promise.all(
        Array.from({ length: STREAMS }, (_, n) =>
          answerOf(client.request({ ':path': `/${n}`, ':method': 'POST', 'x-n': `${n}` }), `body ${n}`.repeat(n)),
        ),
      )
      for (const [n, { status, headers, trailers, body }] of answers.entries()) {
        if (status !== 200 || headers['x-path'] !== `/${n}` || trailers?.['x-end'] !== 'yes' || body.toString() !== `body ${n}`.repeat(n))
          t.fail(`stream ${n}`)
      }
      await closed(client)
      await harness.checkLaws(t, 1)
      const ends = harness.exchangeEnds()
      t.equal(ends.length, STREAMS)
      t.same(new Set(ends.map(({ close_reason, protocol }) => `${close_reason} ${protocol}`)), new Set(['completed http2']))
      t.same(new Set(ends.map(({ stream_id }) => stream_id)).size, STREAMS)
      t.equal(harness.named('response_trailers').length, STREAMS)
      for (const { stream_id, bytes_client, bytes_origin } of ends) if (bytes_client !== bytes_origin) t.fail(`stream ${stream_id}`)
    })

    t.test('large bodies both ways at once, the reader slower than the writer', async (t) => {
      // Node counts what waits in its own queues against a bound of 10 MB, with or without the engine.
      const origin = await startHttp2Origin(t, echo, { maxSessionMemory: 200 })
      const harness = await EngineHarness.start(t, { workers })
      const client = await openHttp2(harness, origin.port, { maxSessionMemory: 200 })
      const streams = Array.from({ length: 3 }, () => client.request({ ':path': '/', ':method': 'POST' }))
      const digests = await Promise.all(
        streams.map(async (stream) => {
          stream.end(BIG)
          const hash = createHash('sha256')
          for await (const chunk of stream) {
            hash.update(chunk as Buffer)
            if (Math.random() < 0.02) await delay(1)
          }
          return hash.digest('hex')
        }),
      )
      t.same(new Set(digests), new Set([sha(BIG)]))
      await closed(client)
      await harness.checkLaws(t, 1)
      t.match(
        harness.exchangeEnds(),
        streams.map(() => ({ bytes_client: BIG.length, bytes_origin: BIG.length, close_reason: 'completed' })),
      )
    })

    t.test('cancelled by the client, reset and refused by the origin; the codes reach the other side and the events', async (t) => {
      const seen: number[] = []
      const origin = await startHttp2Origin(t, (stream, headers) => {
        stream.once('close', () => seen.push(stream.rstCode ?? -1))
        if (headers[':path'] === '/refused') stream.close(constants.NGHTTP2_REFUSED_STREAM)
        else if (headers[':path'] === '/internal') {
          stream.respond({ ':status': 200 })
          stream.write('half', () => stream.destroy(new Error('gave up')))
        } else if (headers[':path'] === '/early') {
          // RFC 9113 §8.1: a complete response before the request is, and no interest in the rest.
          stream.respond({ ':status': 413 })
          stream.end('too much', () => stream.close(constants.NGHTTP2_NO_ERROR))
        } else {
          stream.respond({ ':status': 200 })
          stream.write('for ever')
        }
      })
      const harness = await EngineHarness.start(t, { workers })
      const client = await openHttp2(harness, origin.port)
      const cancelled = client.request({ ':path': '/endless' })
      cancelled.once('data', () => cancelled.close(constants.NGHTTP2_CANCEL))
      await new Promise((resolve) => cancelled.resume().once('close', resolve))
      for (const [path, code] of [
        ['/refused', constants.NGHTTP2_REFUSED_STREAM],
        ['/internal', constants.NGHTTP2_INTERNAL_ERROR],
      ] as const) {
        const stream = client.request({ ':path': path })
        stream.on('error', () => {}).resume()
        await new Promise((resolve) => stream.once('close', resolve))
        t.equal(stream.rstCode, code, path)
      }
      const early = client.request({ ':path': '/early', ':method': 'POST' })
      early.write('begun')
      const { status, body } = await answerOf(early)
      t.equal(`${status} ${body}`, '413 too much')
      await closed(client)
      await harness.checkLaws(t, 1)
      const ends = new Map(harness.exchangeEnds().map((end) => [end.stream_id, end]))
      t.match(
        [...ends.values()].sort((a, b) => (a.stream_id ?? 0) - (b.stream_id ?? 0)),
        [
          { close_reason: 'client_reset', code: constants.NGHTTP2_CANCEL },
          { close_reason: 'upstream_refused', code: constants.NGHTTP2_REFUSED_STREAM },
          { close_reason: 'upstream_reset', code: constants.NGHTTP2_INTERNAL_ERROR },
          { close_reason: 'completed', status: 413 },
        ],
      )
      t.equal(seen[0], constants.NGHTTP2_CANCEL, 'the origin is told')
    })

    t.test('interim responses, HEAD, and no push where the client refuses it', async (t) => {
      let pushAllowed: boolean | undefined
      const origin = await startHttp2Origin(t, (stream, headers) => {
        pushAllowed = stream.pushAllowed
        stream.additionalHeaders({ ':status': 103, link: '</a.css>' })
        stream.respond({ ':status': 200, 'content-length': '5' }, { endStream: headers[':method'] === 'HEAD' })
        if (headers[':method'] !== 'HEAD') stream.end('hello')
      })
      const harness = await EngineHarness.start(t, { workers })
      const client = await openHttp2(harness, origin.port, { settings: { enablePush: false } })
      const hints: unknown[] = []
      const get = client.request({ ':path': '/' })
      get.on('headers', (headers) => hints.push(headers[':status'], headers['link']))
      t.match(await answerOf(get), { status: 200, body: Buffer.from('hello') })
      t.same(hints, [103, '</a.css>'])
      t.match(await answerOf(client.request({ ':path': '/', ':method': 'HEAD' })), { status: 200, headers: { 'content-length': '5' } })
      t.equal(pushAllowed, false)
      await closed(client)
      await harness.checkLaws(t, 1)
      t.match(harness.named('informational_response'), [{ status: 103 }, { status: 103 }])
    })

    t.test('GOAWAY drains: what has begun is finished, and the client knows', async (t) => {
      let finish: () => void = () => {}
      const origin = await startHttp2Origin(t, (stream) => {
        stream.respond({ ':status': 200 })
        stream.write('begun, ')
        finish = () => stream.end('finished')
      })
      const harness = await EngineHarness.start(t, { workers })
      const client = await openHttp2(harness, origin.port)
      const goaway = new Promise<number>((resolve) => client.once('goaway', resolve))
      const stream = client.request({ ':path': '/' })
      const answer = answerOf(stream)
      await new Promise((resolve) => stream.once('response', resolve))
      origin.drain()
      t.equal(await goaway, constants.NGHTTP2_NO_ERROR)
      finish()
      t.equal((await answer).body.toString(), 'begun, finished')
      await closed(client)
      await harness.checkLaws(t, 1)
      t.match(harness.exchangeEnds(), [{ close_reason: 'completed' }])
    })

    t.test('the engine drains: GOAWAY, what has begun is finished, and a quiet connection ends at once', async (t) => {
      let finish: () => void = () => {}
      const origin = await startHttp2Origin(t, (stream, { ':path': path }) => {
        stream.respond({ ':status': 200 })
        if (path === '/') stream.end()
        else finish = () => stream.end('finished')
      })
      const harness = await EngineHarness.start(t, { workers })
      const [quiet, busy] = [await openHttp2(harness, origin.port), await openHttp2(harness, origin.port)]
      const goaways = [quiet, busy].map(
        (client) => new Promise<number[]>((done) => client.once('goaway', (...told) => done(told.slice(0, 2)))),
      )
      await answerOf(quiet.request({ ':path': '/' }))
      await answerOf(busy.request({ ':path': '/' }))
      const stream = busy.request({ ':path': '/slow' })
      const answer = answerOf(stream)
      await new Promise((resolve) => stream.once('response', resolve))
      const drained = harness.engine.drain(600_000)
      t.same(await Promise.all(goaways), [
        [constants.NGHTTP2_NO_ERROR, 1],
        [constants.NGHTTP2_NO_ERROR, 3],
      ])
      await closed(quiet)
      finish()
      t.equal((await answer).body.toString(), 'finished')
      await closed(busy)
      await drained
      await harness.checkLaws(t, 2)
      t.same(new Set(harness.exchangeEnds().map((event) => event.close_reason)), new Set(['completed']))
      t.match(harness.flowEnds(), Array(2).fill({ close_reason: 'draining', detail: 'the engine is draining' }))
    })

    t.test('extended CONNECT only where the origin offers it, and then a stream of its own', async (t) => {
      for (const enableConnectProtocol of [true, false]) {
        const origin = await startHttp2Origin(
          t,
          (stream, headers) => {
            if (headers[':protocol'] !== 'websocket') return stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
            stream.respond({ ':status': 200 })
            stream.pipe(stream)
          },
          { settings: { enableConnectProtocol } },
        )
        const harness = await EngineHarness.start(t, { workers })
        const client = await openHttp2(harness, origin.port)
        t.equal(client.remoteSettings.enableConnectProtocol ?? false, enableConnectProtocol)
        if (enableConnectProtocol) {
          const stream = client.request(
            { ':method': 'CONNECT', ':protocol': 'websocket', ':path': '/chat', 'sec-websocket-version': '13' },
            { endStream: false },
          )
          // A masked text frame of "hi", and a masked close frame (RFC 6455 §5.7).
          const frames = Buffer.from([0x81, 0x82, 1, 2, 3, 4, 0x68 ^ 1, 0x69 ^ 2, 0x88, 0x80, 1, 2, 3, 4])
          const answer = answerOf(stream, frames)
          t.same((await answer).body, frames)
          await closed(client)
          await harness.checkLaws(t, 1)
          t.match(harness.named('connection_upgraded'), [{ upgrade: 'websocket', stream_id: 1 }])
        } else {
          await closed(client)
          await harness.checkLaws(t, 1)
        }
      }
    })

    t.test('a reader that stalls holds its own stream only', async (t) => {
      const origin = await startHttp2Origin(t, (stream, headers) => {
        stream.respond({ ':status': 200 })
        stream.end(headers[':path'] === '/big' ? BIG : 'small')
      })
      const harness = await EngineHarness.start(t, { workers })
      const client = await openHttp2(harness, origin.port, { settings: { initialWindowSize: 65_535 } })
      client.setLocalWindowSize(4 * MEGABYTE)
      const stalled = client.request({ ':path': '/big' })
      await new Promise((resolve) => stalled.once('response', resolve))
      const other = await openHttp2(harness, origin.port)
      for (const session of [client, other]) {
        const answers = await Promise.all(Array.from({ length: 50 }, () => answerOf(session.request({ ':path': '/small' }))))
        t.ok(answers.every(({ body }) => body.toString() === 'small'))
      }
      t.equal((await answerOf(stalled)).body.length, BIG.length, 'and it goes on when it is read')
      await Promise.all([closed(client), closed(other)])
      await harness.checkLaws(t, 2)
    })
  })
}

t.test('without HTTP/2, in general or for a host, the client is offered HTTP/1.1 only', async (t) => {
  const origin = await startHttp2Origin(t, (stream) => stream.respond({ ':status': 200 }, { endStream: true }), { allowHTTP1: true })
  const rule = (host: string, http2_enabled: boolean) => ({ name: 'by host', match: { host }, http2_enabled })
  const cases: readonly [EngineOptionsInput, boolean][] = [
    [{ http2_enabled: false }, false],
    [{ rules: [rule('localhost', false)] }, false],
    [{ rules: [rule('elsewhere.example', false)] }, true],
    [{ http2_enabled: false, rules: [rule('localhost', true)] }, true],
  ]
  for (const [options, speaksHttp2] of cases) {
    const harness = await EngineHarness.start(t, options)
    if (speaksHttp2) await closed(await openHttp2(harness, origin.port))
    else await t.rejects(openHttp2(harness, origin.port))
    await harness.settled(1)
    const protocols = harness.named('tls_handshake_succeeded').map(({ alpn }) => alpn)
    t.equal(protocols.includes('h2'), speaksHttp2, JSON.stringify(options))
  }
})
