/**
 * The HTTP/2 layer tells the same exchanges of a conversation in every split, and how streams and connections end.
 */

import t, { type Test } from 'tap'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { Http2Layer, type Http2LayerOptions } from '../../../../src/workers/layers/http2/http2-layer.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import {
  data,
  type FieldList,
  frame,
  GET,
  goaway,
  headers,
  POST,
  PREFACE,
  ping,
  priority,
  rst,
  settings,
  settingsAck,
  windowUpdate,
} from '../../../support/octets/http2-frames.ts'
import { HttpRecorder, type RecordedFact, type Verdicts } from '../../../support/recorders/http-recorder.ts'

function start(options: Partial<Http2LayerOptions> & { verdicts?: Verdicts } = {}) {
  const recorder = new HttpRecorder(options.verdicts)
  const relay = new LayerRelay(new Http2Layer({ handler: recorder, now: () => 0, ...options }))
  return { recorder, relay }
}

const OK: FieldList = [
  [':status', '200'],
  ['content-type', 'text/plain'],
]
const opening = Buffer.concat([PREFACE, settings([3, 100])])
const answering = Buffer.concat([settings([3, 100]), settingsAck()])

/** The facts in short, one string each. */
function brief(facts: readonly RecordedFact[]): string[] {
  return facts.map((fact) => {
    const { method, target, authority, status, body, fields, reason, code, protocol } = fact
    const parts = [method, target, authority, status, body, fields?.map((pair) => pair.join('=')).join('&'), reason, code, protocol]
    return [`${fact.exchange} ${fact.fact}`, ...parts.filter((part) => part !== undefined)].join(' ')
  })
}

/** Runs a client's octets, then an origin's, in every split: the facts are the same, and every octet passes. */
function passes(
  t: Test,
  fromClient: Uint8Array,
  fromOrigin: Uint8Array,
  expected: readonly string[],
  options: Partial<Http2LayerOptions> = {},
): void {
  const origin = Uint8Array.from(fromOrigin)
  let splits = 0
  for (const chunks of chunkings(fromClient)) {
    const { recorder, relay } = start(options)
    relay.feed(CLIENT, opening)
    relay.feed(ORIGIN, answering)
    relay.feed(CLIENT, settingsAck())
    relay.feedAll(CLIENT, chunks)
    for (let at = 0; at < origin.length; at += 7) relay.feed(ORIGIN, origin.subarray(at, at + 7))
    splits++
    const got = brief(recorder.facts)
    if (JSON.stringify(got) !== JSON.stringify(expected)) {
      t.same(got, expected, `split ${splits}`)
      return
    }
    const toOrigin = Buffer.concat([opening, settingsAck(), fromClient]).toString('latin1')
    if (relay.toOrigin !== toOrigin || relay.toClient !== Buffer.concat([answering, fromOrigin]).toString('latin1')) {
      t.fail(`split ${splits}: octets differ`)
      return
    }
  }
  t.pass(`${splits} splits`)
}

t.test('exchanges, in every split', async (t) => {
  const fields: FieldList = [...POST, ['cookie', 'a=1'], ['x', 'y'], ['cookie', 'b=2'], ['content-length', '10'], ['te', 'trailers']]
  passes(
    t,
    Buffer.concat([
      headers(1, fields),
      priority(3),
      data(1, 'hello'),
      headers(3, GET, true),
      data(1, ''),
      data(1, 'world'),
      headers(1, [['checksum', '1']], true),
      windowUpdate(0, 10),
      windowUpdate(3, 10),
    ]),
    Buffer.concat([
      ping(),
      headers(3, [
        [':status', '103'],
        ['link', '</a>'],
      ]),
      headers(3, OK),
      headers(
        1,
        [
          [':status', '204'],
          ['content-length', '5'],
        ],
        true,
      ),
      data(3, 'abc'),
      frame(0, 0x9, 3, [1, 0x64, 0]),
    ]),
    [
      '1 requestHead POST /x?y=1 a.example cookie=a=1; b=2&x=y&content-length=10&te=trailers',
      '1 requestBody helloworld',
      '3 requestHead GET /x?y=1 a.example ',
      '3 requestEnd',
      '1 requestTrailers checksum=1',
      '1 requestEnd',
      '3 informational 103 link=</a>',
      '3 responseHead 200 content-type=text/plain',
      '1 responseHead 204 content-length=5',
      '1 responseEnd',
      '1 exchangeEnd completed',
      '3 responseBody abcd',
      '3 responseEnd',
      '3 exchangeEnd completed',
    ],
  )
})

t.test('resets, GOAWAY, ends', async (t) => {
  const begin = Buffer.concat([headers(1, POST), headers(3, GET, true), headers(5, GET, true)])
  const heads = [
    '1 requestHead POST /x?y=1 a.example ',
    '3 requestHead GET /x?y=1 a.example ',
    '3 requestEnd',
    '5 requestHead GET /x?y=1 a.example ',
    '5 requestEnd',
  ]
  const first = [heads[0], heads[1], heads[2], heads[3], heads[4]] as string[]
  passes(t, begin, Buffer.concat([headers(1, OK), data(1, 'early', true), rst(1, 0), rst(3, 7), rst(5, 2)]), [
    ...first,
    '1 responseHead 200 content-type=text/plain',
    '1 responseBody early',
    '1 responseEnd',
    '1 exchangeEnd completed',
    '3 exchangeEnd upstream_refused',
    '5 exchangeEnd upstream_reset',
  ])
  passes(t, Buffer.concat([begin, rst(5, 8), data(1, 'x')]), Buffer.concat([goaway(1), headers(5, OK)]), [
    ...first,
    '5 exchangeEnd client_reset',
    '1 requestBody x',
    '3 exchangeEnd upstream_refused',
  ])
  const { recorder, relay } = start()
  relay.feed(CLIENT, Buffer.concat([opening, headers(1, POST), headers(3, GET, true)]))
  relay.feed(ORIGIN, Buffer.concat([answering, goaway(3), headers(1, OK)]))
  relay.feed(CLIENT, headers(5, GET, true))
  relay.fin(CLIENT)
  t.same(relay.ended, [false, true])
  relay.layer.abort('relay_eof')
  t.same(recorder.ends, ['5:upstream_refused', '1:client_closed_early', '3:relay_eof'])
})

t.test('pushed streams', async (t) => {
  const promise = frame(5, 4, 1, Buffer.concat([Uint8Array.of(0, 0, 0, 2), headers(1, GET).subarray(9)]))
  passes(t, headers(1, GET, true), Buffer.concat([promise, headers(1, OK, true), headers(2, OK), data(2, 'pushed', true)]), [
    '1 requestHead GET /x?y=1 a.example ',
    '1 requestEnd',
    '2 requestHead GET /x?y=1 a.example ',
    '2 requestEnd',
    '1 responseHead 200 content-type=text/plain',
    '1 responseEnd',
    '1 exchangeEnd completed',
    '2 responseHead 200 content-type=text/plain',
    '2 responseBody pushed',
    '2 responseEnd',
    '2 exchangeEnd completed',
  ])
})
