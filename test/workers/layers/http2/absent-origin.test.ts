/**
 * Http2Layer without an origin, and where the origin breaks off: what a server owes a client, answers where none had begun, resets where
 * one had, and the end behind them. The client's octets are written by hand.
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import type { HeadVerdict } from '../../../../src/workers/layers/http/http-handler.ts'
import type { ReplyForm } from '../../../../src/workers/layers/http/reply-form.ts'
import { Http2Layer } from '../../../../src/workers/layers/http2/http2-layer.ts'
import { PLANNED } from '../../../../src/workers/layers/layer.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import { framesTo, openedHttp2, type SettingPair, storyOf } from '../../../support/harnesses/opened-http2.ts'
import {
  data,
  type FieldList,
  GET,
  headers,
  POST,
  PREFACE,
  ping,
  settings,
  settingsAck,
  windowUpdate,
} from '../../../support/octets/http2-frames.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

const GOAWAY = 7
const INITIAL_WINDOW_SIZE = 4

const answer = (body: string) => Buffer.from(`HTTP/1.1 502 Bad Gateway\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
const REFUSAL: HeadVerdict = { kind: 'respond', reason: 'upstream_connect_failed', response: answer('no origin') }
const CALL: FieldList = [...POST, ['content-type', 'application/grpc+proto']]

/** A layer that never had an origin. */
function without(client: readonly SettingPair[] = [], verdict: HeadVerdict = REFUSAL) {
  const recorder = new HttpRecorder({ request: () => verdict })
  let clock: LayerRelay | undefined
  const relay = new LayerRelay(new Http2Layer({ handler: recorder, now: () => clock?.now ?? 0, noOrigin: 'upstream_connect_failed' }))
  clock = relay
  const begin = Buffer.concat([PREFACE, settings(...client)])
  return { recorder, relay, begin }
}

/** An opened connection whose origin will break off with `answers` for whoever waits. */
function losing(client: readonly SettingPair[] = [], body = 'lost') {
  const forms: ReplyForm[] = []
  const { relay, recorder } = openedHttp2({ client })
  const { layer } = relay
  if (!(layer instanceof Http2Layer)) throw new Error('another layer')
  layer.lostAnswer = (form) => {
    forms.push(form)
    return answer(body)
  }
  return { relay, recorder, layer, forms }
}

const goaways = (relay: LayerRelay) =>
  framesTo(relay, CLIENT)
    .filter(({ type }) => type === GOAWAY)
    .map(({ payload }) => [payload.readUInt32BE(0), payload.readUInt32BE(4)])

t.test('a client that waits for SETTINGS gets them before it has said anything', async (t) => {
  const { relay } = without()
  t.equal(relay.layer.wakeAt, 0)
  relay.advance(1)
  t.match(framesTo(relay, CLIENT), [{ type: 4, flags: 0, id: 0, payload: Buffer.from([0, 3, 0, 0, 0, 100, 0, 6, 0, 1, 0, 0]) }])
  t.equal(relay.layer.wakeAt, Number.POSITIVE_INFINITY)
  t.equal(relay.close, undefined, 'and may take its time')
})

t.test('SETTINGS are acknowledged, PING is answered, and a client that is idle stays', async (t) => {
  const { relay, begin, recorder } = without()
  for (const octet of Buffer.concat([begin, ping(), settings([INITIAL_WINDOW_SIZE, 9])])) relay.feed(CLIENT, Uint8Array.of(octet))
  relay.feed(CLIENT, Buffer.concat([settingsAck(), ping(true), windowUpdate(0, 5)]))
  t.same(
    framesTo(relay, CLIENT).map(({ type, flags }) => `${type}/${flags}`),
    ['4/0', '4/1', '6/1', '4/1'],
  )
  t.equal(relay.toOrigin, '')
  t.equal(relay.close, undefined)
  t.same(recorder.violations, [])
})

t.test('all requests of one read are answered, then GOAWAY names the last, and the session ends', async (t) => {
  const { relay, recorder, begin } = without()
  relay.feed(
    CLIENT,
    Buffer.concat([begin, headers(1, GET, true), headers(3, [[':method', 'HEAD'], ...GET.slice(1)], true), headers(5, GET, true)]),
  )
  t.same(storyOf(relay, CLIENT, 1), ['HEADERS', 'DATA 9.'])
  t.same(storyOf(relay, CLIENT, 3), ['HEADERS.'])
  t.same(storyOf(relay, CLIENT, 5), ['HEADERS', 'DATA 9.'])
  t.same(goaways(relay), [[5, 0]])
  t.match(relay.close, { reason: 'upstream_connect_failed', abrupt: false })
  t.same(recorder.ends, ['1:upstream_connect_failed', '3:upstream_connect_failed', '5:upstream_connect_failed'])
  t.match(recorder.of(1), [{ fact: 'requestHead' }, { fact: 'requestEnd' }, { fact: 'exchangeEnd' }])
})

t.test(
  'a client whose window is small gets the answer as it gives credit; after a while what it asks for is for another connection',
  async (t) => {
    const { relay, begin } = without([[INITIAL_WINDOW_SIZE, 4]])
    relay.feed(CLIENT, Buffer.concat([begin, headers(1, GET, true)]))
    t.same(storyOf(relay, CLIENT, 1), ['HEADERS', 'DATA 4'])
    relay.feed(CLIENT, headers(3, GET, true))
    t.same(goaways(relay), [], 'no answer is complete')
    relay.advance(10_000)
    t.same(goaways(relay), [[3, 0]])
    relay.feed(CLIENT, Buffer.concat([headers(5, GET, true), windowUpdate(3, 5)]))
    t.same(storyOf(relay, CLIENT, 3), ['HEADERS', 'DATA 4', 'DATA 5.'])
    t.same(storyOf(relay, CLIENT, 5), [], 'above the last stream of the GOAWAY')
    t.equal(relay.close, undefined)
    relay.feed(CLIENT, windowUpdate(1, 100))
    t.same(storyOf(relay, CLIENT, 1), ['HEADERS', 'DATA 4', 'DATA 5.'])
    t.match(relay.close, { reason: 'upstream_connect_failed' })
  },
)

t.test('an upload goes on, with credit for it, until it ends or has had its time', async (t) => {
  for (const ends of [true, false]) {
    const { relay, begin } = without()
    relay.feed(CLIENT, Buffer.concat([begin, headers(1, POST), data(1, 'x'.repeat(1_000))]))
    t.same(storyOf(relay, CLIENT, 1), ['HEADERS', 'DATA 9.', 'WINDOW_UPDATE 1000'])
    t.equal(relay.close, undefined, 'the request is not over')
    if (ends) relay.feed(CLIENT, data(1, 'y', true))
    else relay.advance(10_000)
    t.equal(storyOf(relay, CLIENT, 1).includes('RST_STREAM 0'), !ends)
    t.match(relay.close, { reason: 'upstream_connect_failed' })
  }
})

t.test('the client’s end is the end', async (t) => {
  const { relay, begin } = without()
  relay.feed(CLIENT, begin)
  relay.fin(CLIENT)
  t.ok(relay.ended[ORIGIN])
})

t.test(
  'an origin that breaks off: an answer where none had begun, in the form that the request wants, and a reset where one had',
  async (t) => {
    const { relay, recorder, forms } = losing()
    relay.feed(CLIENT, Buffer.concat([headers(1, GET, true), headers(3, [...GET, ['accept', 'application/json']], true), headers(5, CALL)]))
    relay.feed(ORIGIN, Buffer.concat([headers(1, [[':status', '200']]), data(1, 'half')]))
    t.equal(relay.lose(), PLANNED)
    t.same(storyOf(relay, CLIENT, 1), ['HEADERS', 'DATA 4', 'RST_STREAM 2'])
    t.same(storyOf(relay, CLIENT, 3), ['HEADERS', 'DATA 4.'])
    t.same(storyOf(relay, CLIENT, 5), ['HEADERS', 'DATA 4.'])
    t.same(forms, ['json', { variant: 'grpc', codec: 'proto' }])
    t.same(goaways(relay), [], 'which some clients take no frame behind')
    t.equal(relay.close, undefined, 'the call’s request is not over')
    relay.feed(CLIENT, data(5, 'abc', true))
    t.same(goaways(relay), [[5, 0]])
    t.match(relay.close, { reason: 'upstream_reset', abrupt: false })
    t.same(recorder.ends, ['1:upstream_reset', '3:upstream_reset', '5:upstream_reset'])
    t.equal(framesTo(relay, ORIGIN).filter(({ type }) => type === 3).length, 0, 'nobody is there to be told')
  },
)

t.test('what the origin had taken of the client’s windows is given back, so that requests can end', async (t) => {
  const { relay } = losing()
  relay.feed(CLIENT, Buffer.concat([headers(1, POST), data(1, 'x'.repeat(16_000)), data(1, 'x'.repeat(16_000))]))
  t.equal(relay.lose(), PLANNED)
  t.same(storyOf(relay, CLIENT, 1), ['WINDOW_UPDATE 32000', 'HEADERS', 'DATA 4.'])
  t.ok(storyOf(relay, CLIENT, 0).includes('WINDOW_UPDATE 32000'))
})

t.test('an origin that breaks off before it has said anything: the first request is answered, SETTINGS come before it', async (t) => {
  const recorder = new HttpRecorder()
  const layer = new Http2Layer({ handler: recorder, now: () => 0 })
  layer.lostAnswer = () => answer('lost')
  const relay = new LayerRelay(layer)
  relay.feed(CLIENT, PREFACE)
  relay.feed(CLIENT, settings([INITIAL_WINDOW_SIZE, 2]))
  t.equal(relay.lose(), PLANNED)
  t.same(
    framesTo(relay, CLIENT).map(({ type, flags }) => `${type}/${flags}`),
    ['4/0', '4/1'],
  )
  relay.fin(ORIGIN)
  t.equal(relay.ended[CLIENT], false)
  const before = relay.toOrigin
  relay.feed(CLIENT, Buffer.concat([settingsAck(), headers(1, GET, true)]))
  t.equal(relay.toOrigin, before)
  t.same(storyOf(relay, CLIENT, 1), ['HEADERS', 'DATA 2'])
  relay.feed(CLIENT, windowUpdate(1, 2))
  t.same(storyOf(relay, CLIENT, 1), ['HEADERS', 'DATA 2', 'DATA 2.'])
  t.match(relay.close, { reason: 'upstream_reset' })
  t.same(recorder.ends, ['1:upstream_reset'])
})

t.test('nothing is said in the middle of a frame, where nobody waits, and without an answer', async (t) => {
  const open = losing()
  open.relay.feed(CLIENT, Buffer.concat([headers(1, GET, true), headers(3, GET, true)]))
  open.relay.feed(ORIGIN, Buffer.concat([headers(1, [[':status', '200']]), data(1, 'hello').subarray(0, 11)]))
  const done = losing()
  done.relay.feed(CLIENT, headers(1, GET, true))
  done.relay.feed(ORIGIN, headers(1, [[':status', '204']], true))
  const mute = losing()
  mute.relay.feed(CLIENT, headers(1, GET, true))
  mute.layer.lostAnswer = undefined
  for (const { relay } of [open, done, mute]) {
    const before = relay.toClient
    t.not(relay.lose(), PLANNED)
    t.equal(relay.toClient, before)
  }
})
