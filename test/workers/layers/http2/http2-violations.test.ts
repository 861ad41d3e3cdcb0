/**
 * Every rule of HTTP/2 that the layer refuses by, with its error code and reach, and every flood at its limit. No sockets.
 */

import t from 'tap'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import { HTTP2_VIOLATIONS } from '../../../../src/shared/violations/http2.ts'
import { Http2Layer, type Http2LayerOptions } from '../../../../src/workers/layers/http2/http2-layer.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { LayerRelay } from '../../../support/harnesses/layer-relay.ts'
import {
  data,
  type FieldList,
  frame,
  GET,
  headers,
  POST,
  PREFACE,
  ping,
  priority,
  readFrames,
  rst,
  settings,
  settingsAck,
  uint32,
  windowUpdate,
} from '../../../support/octets/http2-frames.ts'
import { HttpRecorder } from '../../../support/recorders/http-recorder.ts'

/** Thousands of heads. */
t.setTimeout(600_000)

const OK: FieldList = [[':status', '200']]
const HEAD: FieldList = [[':method', 'HEAD'], ...GET.slice(1)]

function open(options: Partial<Http2LayerOptions> = {}, clientSettings: [number, number][] = [], originSettings: [number, number][] = []) {
  const recorder = new HttpRecorder()
  const relay = new LayerRelay(new Http2Layer({ handler: recorder, now: () => 0, ...options }))
  relay.feed(CLIENT, Buffer.concat([PREFACE, settings(...clientSettings)]))
  relay.feed(ORIGIN, Buffer.concat([settings(...originSettings), settingsAck()]))
  relay.feed(CLIENT, settingsAck())
  return { recorder, relay }
}

const framesTo = (relay: LayerRelay, side: Side) => readFrames(Buffer.from(relay.received(side), 'latin1'))
const codeOf = (payload: Buffer, at: number) => payload.readUInt32BE(at)

t.test('malformed requests: the origin never sees them, the client gets RST_STREAM', async (t) => {
  const without = (name: string) => GET.filter(([one]) => one !== name)
  const cases: [string, FieldList][] = [
    ['http2_pseudo_missing', without(':method')],
    ['http2_pseudo_missing', without(':scheme')],
    ['http2_pseudo_missing', without(':path')],
    ['http2_pseudo_repeated', [...GET, [':path', '/']]],
    ['http2_pseudo_unknown', [...GET, [':x', 'y']]],
    ['http2_pseudo_late', [...without(':path'), ['a', 'b'], [':path', '/']]],
    ['http2_pseudo_misplaced', [...GET, [':status', '200']]],
    [
      'http2_pseudo_misplaced',
      [
        [':method', 'CONNECT'],
        [':authority', 'a:1'],
        [':path', '/'],
      ],
    ],
    ['http2_pseudo_misplaced', [...GET, [':protocol', 'websocket']]],
    ['http2_connect', [[':method', 'CONNECT'], [':protocol', 'websocket'], ...GET.slice(1)]],
    ['http2_method', [[':method', 'G T'], ...GET.slice(1)]],
    ['http2_path', [...without(':path'), [':path', '']]],
    ['http2_path', [...without(':path'), [':path', 'x']]],
    ['http2_path', [...without(':path'), [':path', '/a b']]],
    ['http2_path', [...without(':path'), [':path', '*']]],
    ['http2_path', [...without(':path'), [':path', '/a#b']]],
    ['http2_scheme', [...without(':scheme'), [':scheme', '']]],
    ['http2_scheme', [...without(':scheme'), [':scheme', 'https://b.example/x?']]],
    ['http2_scheme', [...without(':scheme'), [':scheme', '1http']]],
    ['http2_authority', [...without(':authority'), [':authority', 'u@a']]],
    ['http2_authority', [...GET, ['host', 'b.example']]],
    ['http2_authority', [...GET, ['host', 'a.example'], ['host', 'b.example']]],
    ['http2_authority', [...without(':authority'), ['host', 'a.example'], ['host', 'b.example']]],
    ['http2_te', [...GET, ['te', 'gzip']]],
    ['http2_te', [...GET, ['te', 'trailers, deflate']]],
    ['http2_te', [...GET, ['te', 'Trailers'], ['te', '']]],
    ['http2_connection_field', [...GET, ['transfer-encoding', 'chunked']]],
    ['http2_connection_field', [...GET, ['connection', 'close']]],
    ['http2_field_name', [...GET, ['X', 'y']]],
    ['http2_field_name', [...GET, ['a b', 'y']]],
    ['http2_field_name', [...GET, ['', 'y']]],
    ['http2_field_value', [...GET, ['a', 'b\r\nc: d']]],
    ['http2_field_value', [...GET, ['a', 'b\0']]],
    ['http2_content_length', [...GET, ['content-length', '-1']]],
    ['http2_content_length', [...GET, ['content-length', '1'], ['content-length', '2']]],
    ['http2_content_length', [...GET, ['content-length', '1']]],
  ]
  for (const [code, fields] of cases) {
    for (const chunks of [...chunkings(headers(1, fields, true))].slice(0, 40)) {
      const { recorder, relay } = open()
      const before = relay.toOrigin
      relay.feedAll(CLIENT, chunks)
      relay.feed(CLIENT, headers(3, GET, true))
      const last = framesTo(relay, CLIENT).at(-1)
      const got = [recorder.violations, relay.toOrigin, last?.type, last?.id, recorder.of(3).length]
      const wanted = [[code], before + headers(3, GET, true).toString('latin1'), 3, 1, 2]
      if (JSON.stringify(got) !== JSON.stringify(wanted)) t.same(got, wanted, JSON.stringify(fields))
    }
    t.pass(`${code} ${JSON.stringify(fields.at(-1))}`)
  }
})

t.test('stream errors reset both sides, and the others go on', async (t) => {
  const cases: [string, Side, Buffer, Buffer][] = [
    ['http2_status', ORIGIN, headers(1, POST), headers(1, [[':status', '20']])],
    ['http2_status', ORIGIN, headers(1, POST), headers(1, [[':status', '101']])],
    ['http2_pseudo_missing', ORIGIN, headers(1, POST), headers(1, [['a', 'b']])],
    ['http2_informational_end', ORIGIN, headers(1, POST), headers(1, [[':status', '103']], true)],
    ['http2_data_before_head', ORIGIN, headers(1, POST), data(1, 'x')],
    ['http2_content_length', ORIGIN, headers(1, POST), Buffer.concat([headers(1, [...OK, ['content-length', '3']]), data(1, 'four')])],
    ['http2_content_length', ORIGIN, headers(1, POST), Buffer.concat([headers(1, [...OK, ['content-length', '3']]), data(1, 'ab', true)])],
    [
      'http2_content_length',
      ORIGIN,
      headers(1, HEAD, true),
      Buffer.concat([headers(1, [...OK, ['content-length', '4']]), data(1, 'four')]),
    ],
    ['http2_content_length', ORIGIN, headers(1, HEAD, true), Buffer.concat([headers(1, OK), data(1, 'x', true)])],
    ['http2_content_length', ORIGIN, headers(1, POST), Buffer.concat([headers(1, [[':status', '204']]), data(1, 'x')])],
    ['http2_content_length', ORIGIN, headers(1, POST), Buffer.concat([headers(1, [[':status', '304']]), data(1, 'x')])],
    ['http2_stream_closed', ORIGIN, headers(1, POST), Buffer.concat([headers(1, OK, true), data(1, 'x')])],
    ['http2_trailers_end', ORIGIN, headers(1, POST), Buffer.concat([headers(1, OK), headers(1, [['a', 'b']])])],
    ['http2_window_zero_stream', ORIGIN, headers(1, POST), windowUpdate(1, 0)],
    ['http2_window_overflow_stream', ORIGIN, headers(1, POST), windowUpdate(1, 0x7fffffff)],
    ['http2_stream_closed', CLIENT, headers(1, GET, true), data(1, 'x')],
    ['http2_stream_closed', CLIENT, headers(1, GET, true), headers(1, [['a', 'b']], true)],
    ['http2_pseudo_misplaced', CLIENT, headers(1, POST), headers(1, GET, true)],
  ]
  for (const [code, side, request, offence] of cases) {
    const { recorder, relay } = open()
    relay.feed(CLIENT, request)
    relay.feed(side, offence)
    t.same(recorder.violations, [code], code)
    for (const to of [CLIENT, ORIGIN] as const)
      t.ok(
        framesTo(relay, to).some(({ type, id }) => type === 3 && id === 1),
        `RST to ${to}`,
      )
    relay.feed(CLIENT, Buffer.concat([data(1, 'late', true), headers(3, GET, true)]))
    relay.feed(ORIGIN, Buffer.concat([data(1, 'late', true), headers(3, OK, true)]))
    t.same(recorder.ends, ['1:protocol_violation', '3:completed'])
    t.equal(relay.close, undefined)
  }
})

t.test('responses without content may announce what a GET would have, and end in an empty DATA frame', async (t) => {
  const heads: FieldList[] = [
    [...OK, ['content-length', '4']],
    [
      [':status', '304'],
      ['content-length', '4'],
    ],
    [[':status', '204']],
  ]
  for (const head of heads) {
    const { recorder, relay } = open()
    relay.feed(CLIENT, Buffer.concat([headers(1, HEAD, true), headers(3, HEAD, true)]))
    relay.feed(ORIGIN, Buffer.concat([headers(1, head), data(1, '', true), headers(3, head), headers(3, [['a', 'b']], true)]))
    t.same([recorder.violations, recorder.ends], [[], ['1:completed', '3:completed']])
  }
  const { recorder, relay } = open()
  relay.feed(CLIENT, headers(1, [[':method', 'OPTIONS'], ...GET.slice(1, -1), [':path', '*']], true))
  t.same(recorder.violations, [], 'the asterisk of OPTIONS')
})

t.test('connection errors: GOAWAY with the code to the offender, NO_ERROR to the other', async (t) => {
  const cases: [keyof typeof HTTP2_VIOLATIONS | string, Side, Buffer][] = [
    ['http2_stream_idle', CLIENT, data(5, 'x')],
    ['http2_stream_idle', ORIGIN, headers(5, OK)],
    ['http2_stream_idle', CLIENT, rst(7, 0)],
    ['http2_stream_idle', CLIENT, windowUpdate(9, 1)],
    ['http2_stream_id', CLIENT, headers(2, GET)],
    ['http2_push_by_client', CLIENT, frame(5, 4, 1, [0, 0, 0, 2, 0x82])],
    ['http2_stream_id', ORIGIN, frame(5, 4, 1, [0, 0, 0, 3, 0x82])],
    ['http2_window_zero', CLIENT, windowUpdate(0, 0)],
    ['http2_window_overflow', ORIGIN, windowUpdate(0, 0x7fffffff)],
    ['http2_settings_value', CLIENT, settings([5, 100])],
    ['http2_settings_value', CLIENT, settings([2, 2])],
    ['http2_settings_value', ORIGIN, settings([2, 1])],
    ['http2_settings_value', ORIGIN, Buffer.concat([settings([8, 1]), settings([8, 0])])],
    ['http2_settings_window', CLIENT, settings([4, 0x80000000])],
    ['http2_settings_ack', CLIENT, settingsAck()],
    ['hpack_index_out_of_range', CLIENT, frame(1, 5, 1, [0xff, 0x20])],
    ['http2_frame_too_long', ORIGIN, frame(0, 0, 1, new Uint8Array(16_385))],
  ]
  for (const [code, side, offence] of cases) {
    const { recorder, relay } = open()
    relay.feed(CLIENT, headers(1, POST))
    relay.feed(side, offence)
    t.same(recorder.violations, [code])
    const violation = HTTP2_VIOLATIONS[code as keyof typeof HTTP2_VIOLATIONS]
    const told = framesTo(relay, side).at(-1)
    t.match([told?.type, told && codeOf(told.payload, 4)], [7, violation?.errorCode ?? 9], code)
    const other = framesTo(relay, side === CLIENT ? ORIGIN : CLIENT).at(-1)
    t.match([other?.type, other && codeOf(other.payload, 4)], [7, 0])
    t.match(relay.close, { reason: 'protocol_violation', detail: code })
    t.same(recorder.ends, ['1:protocol_violation'])
  }
  const { recorder, relay } = open({}, [[2, 0]])
  relay.feed(CLIENT, headers(1, GET, true))
  relay.feed(ORIGIN, frame(5, 4, 1, [0, 0, 0, 2, 0x82]))
  t.same(recorder.violations, ['http2_push_disabled'])
})

t.test('floods end with ENHANCE_YOUR_CALM', async (t) => {
  const many = (count: number, make: (n: number) => Buffer) => Buffer.concat(Array.from({ length: count }, (_, n) => make(n)))
  const cases: [string, Side, number, (n: number) => Buffer][] = [
    ['http2_flood_ping', CLIENT, 5_000, () => ping()],
    ['http2_flood_settings', CLIENT, 32, () => settings()],
    ['http2_flood_reset', CLIENT, 1_000, (n) => Buffer.concat([headers(1 + 2 * n, GET, true), rst(1 + 2 * n, 8)])],
    ['http2_flood_empty', CLIENT, 1_000, () => data(1)],
    ['http2_flood_empty', ORIGIN, 1_000, () => frame(0xee, 0, 0)],
    ['http2_flood_priority', CLIENT, 1_000, () => priority(9)],
    ['http2_flood_priority', CLIENT, 1_000, () => frame(0x10, 0, 0, [0, 0, 0, 1, 0x75])],
    ['http2_flood_window_update', CLIENT, 4_000, () => windowUpdate(0, 1)],
    ['http2_flood_streams', CLIENT, 10_000, (n) => headers(1 + 2 * n, GET, true)],
    ['http2_flood_reset', CLIENT, 1_000, (n) => headers(1 + 2 * n, [...GET, ['X', 'y']], true)],
  ]
  for (const [code, side, limit, make] of cases) {
    const first = code === 'http2_flood_empty' ? headers(1, POST) : Buffer.alloc(0)
    const { recorder, relay } = open()
    relay.feed(CLIENT, first)
    relay.feed(side, many(limit, make))
    t.notOk(recorder.violations.includes(code), `${code}: ${limit} are good`)
    relay.feed(side, make(limit))
    t.ok(recorder.violations.includes(code), `${code}: one more is not`)
    const told = framesTo(relay, side).at(-1)
    t.match([told?.type, told && codeOf(told.payload, 4)], [7, 0xb])
    t.match(relay.close, { reason: 'limit_exceeded' })
  }
})

t.test('floods are counted per time', async (t) => {
  let now = 0
  const { recorder, relay } = open({ now: () => now })
  for (let second = 0; second < 5; second++, now += 1_000) relay.feed(CLIENT, Buffer.concat(Array.from({ length: 2_000 }, () => ping())))
  t.same(recorder.violations, [])
  relay.feed(CLIENT, Buffer.concat(Array.from({ length: 8_000 }, () => ping())))
  t.same(recorder.violations, ['http2_flood_ping'])
})

t.test('streams that the client leaves without window', async (t) => {
  let now = 0
  const { recorder, relay } = open({ now: () => now }, [[4, 1]])
  for (let n = 0; n < 64; n++) {
    relay.feed(CLIENT, headers(1 + 2 * n, GET, true))
    relay.feed(ORIGIN, Buffer.concat([headers(1 + 2 * n, OK), data(1 + 2 * n, 'x')]))
  }
  now = 59_000
  relay.feed(CLIENT, ping())
  t.same(recorder.violations, [])
  now = 60_001
  relay.feed(CLIENT, ping())
  t.same(recorder.violations, ['http2_flood_stall'])
})

t.test('a table above our bound is lowered in the SETTINGS frame that passes', async (t) => {
  const { relay } = open({}, [
    [1, 1_000_000],
    [3, 7],
  ])
  t.same(framesTo(relay, ORIGIN)[0]?.payload, Buffer.concat([Uint8Array.of(0, 1), uint32(65_536), Uint8Array.of(0, 3), uint32(7)]))
})

t.test('strict off: malformed messages are reported and relayed', async (t) => {
  const { recorder, relay } = open({ strict: false })
  const request = headers(1, [...GET, ['Upper', 'y']], true)
  relay.feed(CLIENT, request)
  relay.feed(ORIGIN, headers(1, OK, true))
  t.same(recorder.violations, ['http2_field_name'])
  t.ok(relay.toOrigin.endsWith(request.toString('latin1')))
  t.ok(relay.toClient.endsWith(headers(1, OK, true).toString('latin1')))
})

t.test('extended CONNECT (RFC 8441) hands the octets of DATA over', async (t) => {
  const seen: string[] = []
  const recorder = new HttpRecorder({
    upgrade(exchange) {
      layer.observeStream(exchange, {
        execute: (side, bytes) => seen.push(`${side} ${Buffer.from(bytes).toString()}`),
        finish: (side) => seen.push(`${side} finish`),
        abort: (reason) => seen.push(reason),
      })
    },
  })
  const layer = new Http2Layer({ handler: recorder, now: () => 0 })
  const relay = new LayerRelay(layer)
  relay.feed(CLIENT, Buffer.concat([PREFACE, settings()]))
  relay.feed(ORIGIN, Buffer.concat([settings([8, 1]), settingsAck()]))
  relay.feed(CLIENT, headers(1, [[':method', 'CONNECT'], [':protocol', 'websocket'], ...GET.slice(1)]))
  relay.feed(ORIGIN, Buffer.concat([headers(1, OK), data(1, 'from origin')]))
  relay.feed(CLIENT, data(1, 'from client', true))
  relay.feed(ORIGIN, data(1, '', true))
  t.same(seen, ['1 from origin', '0 from client', '0 finish', '1 finish', 'completed'])
  t.equal(recorder.facts.find((fact) => fact.fact === 'upgrade')?.protocol, 'websocket')
})

/** Where a field can stand, and whether one there passes: forwarded, and no stream reset. */
const PLACES: readonly (readonly [place: string, passes: (name: string, value: string) => boolean])[] = [
  ['request', (name, value) => isForwarded(ORIGIN, 1, [CLIENT, [...GET, [name, value]], true])],
  ['request trailers', (name, value) => isForwarded(ORIGIN, 2, [CLIENT, POST, false], [CLIENT, [[name, value]], true])],
  ['response', (name, value) => isForwarded(CLIENT, 1, [CLIENT, GET, true], [ORIGIN, [...OK, [name, value]], true])],
  ['trailers', (name, value) => isForwarded(CLIENT, 2, [CLIENT, GET, true], [ORIGIN, OK, false], [ORIGIN, [[name, value]], true])],
]

function isForwarded(to: Side, sections: number, ...sent: readonly (readonly [from: Side, fields: FieldList, end: boolean])[]): boolean {
  const { relay } = open()
  for (const [from, fields, end] of sent) relay.feed(from, headers(1, fields, end))
  const isReset = ([CLIENT, ORIGIN] as const).some((side) => framesTo(relay, side).some(({ type }) => type === 3))
  return !isReset && framesTo(relay, to).filter(({ type }) => type === 1).length === sections
}

t.test('every octet in names and values: RFC 9113 §8.2.1, with names as tokens (RFC 9110 §5.1)', async (t) => {
  const wrong: string[] = []
  for (let octet = 0; octet < 256; octet++) {
    const text = String.fromCharCode(octet)
    const isToken = /[!#$%&'*+\-.^_`|~0-9a-z]/.test(text)
    // Whitespace at the ends passes (docs/decisions/0008): it says nothing about framing.
    const isValue = !['\0', '\r', '\n'].includes(text)
    for (const [place, passes] of PLACES) {
      for (const name of [`x${text}`, `x${text}y`, ...(text === ':' ? [] : [`${text}x`])]) {
        if (passes(name, 'v') !== isToken) wrong.push(`${place}: name ${JSON.stringify(name)}`)
      }
      for (const value of [text, `${text}b`, `a${text}b`, `a${text}`]) {
        if (passes('x', value) !== isValue) wrong.push(`${place}: value ${JSON.stringify(value)}`)
      }
    }
  }
  t.same(wrong, [])
})
