/**
 * What a client still sends of a request that we have answered: swallowed with its credit, until it ends, or is too much or too
 * long.
 */

import t from 'tap'
import { UNFINISHED_REQUEST_BYTES, UNFINISHED_REQUEST_MS, UNFINISHED_REQUESTS } from '../../../../src/shared/limits/layers/http2.ts'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import type { HeadVerdict } from '../../../../src/workers/layers/http/http-handler.ts'
import { type OpenedHttp2, openedHttp2, storyOf } from '../../../support/harnesses/opened-http2.ts'
import { data, headers, POST, rst } from '../../../support/octets/http2-frames.ts'

const response = Buffer.from('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno')
const refusal: HeadVerdict = { kind: 'respond', reason: 'blocked', response }
const ANSWER = ['HEADERS', 'DATA 2.']
const STOP = 'RST_STREAM 0'

function answered(ids: readonly number[] = [1]): OpenedHttp2 {
  const opened = openedHttp2({ verdicts: { request: () => refusal } })
  for (const id of ids) opened.relay.feed(CLIENT, headers(id, POST))
  return opened
}

t.test('until END_STREAM, trailers or a reset: then nothing more', async (t) => {
  for (const end of [data(1, 'y', true), headers(1, [['sum', '1']], true), rst(1, 8)]) {
    const { relay, recorder } = answered()
    t.same(recorder.ends, ['1:blocked'], 'the exchange is over with the answer')
    relay.feed(CLIENT, data(1, 'x'.repeat(1_000)))
    relay.feed(CLIENT, end)
    relay.advance(10 * UNFINISHED_REQUEST_MS)
    t.same(storyOf(relay, CLIENT, 1), [...ANSWER, 'WINDOW_UPDATE 1000'])
    t.same(storyOf(relay, ORIGIN, 1), [])
    t.same(recorder.violations, [])
  }
})

t.test('so many octets', async (t) => {
  const { relay } = answered()
  const frame = data(1, 'x'.repeat(16_384))
  const frames = UNFINISHED_REQUEST_BYTES / 16_384
  for (let n = 0; n < frames; n++) relay.feed(CLIENT, frame)
  t.not(storyOf(relay, CLIENT, 1).at(-1), STOP)
  relay.feed(CLIENT, frame)
  t.equal(storyOf(relay, CLIENT, 1).at(-1), STOP)
  relay.feed(CLIENT, Buffer.concat([frame, rst(1, 8)]))
  t.equal(storyOf(relay, CLIENT, 1).at(-1), STOP, 'what was on the way costs nothing')
  t.equal(storyOf(relay, CLIENT, 0).at(-1), 'WINDOW_UPDATE 16384', 'but the connection has its credit back')
})

t.test('so long', async (t) => {
  const { relay } = answered()
  relay.advance(UNFINISHED_REQUEST_MS - 1)
  t.same(storyOf(relay, CLIENT, 1), ANSWER)
  relay.advance(1)
  t.same(storyOf(relay, CLIENT, 1), [...ANSWER, STOP])
  t.equal(relay.layer.wakeAt, Number.POSITIVE_INFINITY)
})

t.test('so many at a time', async (t) => {
  const ids = Array.from({ length: UNFINISHED_REQUESTS + 1 }, (_, n) => 1 + 2 * n)
  const { relay } = answered(ids)
  t.same(storyOf(relay, CLIENT, 1), [...ANSWER, STOP], 'the oldest makes room')
  t.same(storyOf(relay, CLIENT, 3), ANSWER)
})
