/**
 * Answers of our own while they wait for the client's window, or for the end of a frame of the origin's: what the client sends
 * meanwhile reaches nobody, and ends them where it has to.
 */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import type { HeadVerdict } from '../../../../src/workers/layers/http/http-handler.ts'
import { framesTo, openedHttp2, storyOf } from '../../../support/harnesses/opened-http2.ts'
import { data, GET, headers, POST, rst, windowUpdate } from '../../../support/octets/http2-frames.ts'

const REFUSAL: HeadVerdict = { kind: 'respond', reason: 'blocked', response: refusal('x'.repeat(100_000)) }
const blockAll = { request: () => REFUSAL }

function refusal(body: string): Buffer {
  return Buffer.from(`HTTP/1.1 403 Forbidden\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
}

t.test('body and trailers of an answered request are swallowed, and told', async (t) => {
  const { relay, recorder } = openedHttp2({ verdicts: blockAll })
  relay.feed(CLIENT, headers(1, POST))
  relay.feed(CLIENT, data(1, 'abc'))
  relay.feed(CLIENT, headers(1, [['sum', '1']], true))
  relay.feed(CLIENT, Buffer.concat([windowUpdate(0, 100_000), windowUpdate(1, 100_000)]))
  t.same(storyOf(relay, ORIGIN, 1), [], 'the origin hears of none of it')
  t.equal(storyOf(relay, CLIENT, 1).at(-1), `DATA ${100_000 - 65_535 - 2 * 16_384}.`, 'no RST_STREAM behind a request that is complete')
  t.same(
    recorder.of(1).map(({ fact }) => fact),
    ['requestHead', 'requestBody', 'requestTrailers', 'requestEnd', 'exchangeEnd'],
  )
  t.same(recorder.ends, ['1:blocked'])
})

t.test('a stream error ends an answer: one that is being written, and one whose time has not come', async (t) => {
  for (const delayMs of [0, 5_000]) {
    const { relay } = openedHttp2({ verdicts: { request: (id) => (id === 1 ? { ...REFUSAL, delayMs } : undefined) } })
    relay.feed(CLIENT, headers(1, [...POST, ['content-length', '1']]))
    relay.feed(CLIENT, data(1, 'more'))
    const told = storyOf(relay, CLIENT, 1)
    t.equal(told.at(-1), 'RST_STREAM 1')
    relay.feed(CLIENT, windowUpdate(0, 100_000))
    relay.advance(10_000)
    t.same(storyOf(relay, CLIENT, 1), told, 'nothing comes behind it')
  }
})

t.test('late frames of streams that the origin has never heard of do not reach it, however long ago they ended', async (t) => {
  const { relay, recorder } = openedHttp2({ verdicts: { request: () => ({ kind: 'respond', reason: 'blocked', response: refusal('') }) } })
  for (let n = 0; n < 2_000; n++) relay.feed(CLIENT, headers(1 + 2 * n, POST))
  const before = relay.toOrigin
  relay.feed(CLIENT, Buffer.concat([data(1, 'late'), windowUpdate(1, 4), headers(3, [['sum', '1']], true), rst(5, 8)]))
  t.equal(relay.toOrigin, before)
  t.same(framesTo(relay, CLIENT).at(-1), { type: 8, flags: 0, id: 0, payload: Buffer.from([0, 0, 0, 4]) }, 'and give their credit back')
  t.same(recorder.violations, [])
})

t.test('while a frame of the origin’s is open, only so many answers wait for its end', async (t) => {
  const { relay, recorder } = openedHttp2({
    verdicts: { request: (id) => (id === 1 ? undefined : { kind: 'respond', reason: 'blocked', response: refusal('') }) },
  })
  relay.feed(CLIENT, headers(1, GET, true))
  const frame = data(1, 'y'.repeat(1_000), true)
  relay.feed(ORIGIN, Buffer.concat([headers(1, [[':status', '200']]), frame.subarray(0, 50)]))
  const count = 20_000
  for (let n = 1; n <= count; n++) relay.feed(CLIENT, headers(1 + 2 * n, GET, true))
  t.ok(relay.paused[CLIENT], 'the client is not read')
  t.ok(recorder.ends.length < 6_000, `${recorder.ends.length} were answered meanwhile`)
  relay.feed(ORIGIN, frame.subarray(50))
  t.equal(recorder.ends.length, 1 + count)
  t.equal(storyOf(relay, CLIENT, 1).join(' '), 'HEADERS DATA 1000.')
  t.equal(storyOf(relay, CLIENT, 1 + 2 * count).join(' '), 'HEADERS.')
})

t.test('an origin that is not asked and closes ends no answer whose time has not come, nor one that waits for credit', async (t) => {
  const { relay, recorder } = openedHttp2({
    verdicts: { request: (id) => (id === 5 ? undefined : { ...REFUSAL, delayMs: id === 1 ? 50 : 0 }) },
  })
  relay.feed(CLIENT, Buffer.concat([headers(1, GET, true), headers(3, GET, true), headers(5, GET, true)]))
  relay.fin(ORIGIN)
  t.same(recorder.ends, ['5:upstream_closed_early'], 'what it was asked ends with it')
  relay.advance(50)
  t.equal(relay.ended[CLIENT], false)
  relay.feed(CLIENT, Buffer.concat([windowUpdate(0, 200_000), windowUpdate(1, 100_000), windowUpdate(3, 100_000)]))
  for (const id of [1, 3]) t.match(storyOf(relay, CLIENT, id).at(-1), /^DATA .*\.$/, `stream ${id} is whole`)
  t.equal(relay.ended[CLIENT], true, 'and then the client sees the end')
  t.same(recorder.ends.slice(1), ['1:blocked', '3:blocked'])
})
