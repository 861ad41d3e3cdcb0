/**
 * Faults of HTTP exchanges through the layers: what the client and the origin get, what is told, how the exchange ends: by kind, on
 * HTTP/1.1 and HTTP/2, where it can be done and where it cannot.
 */

import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import type { EventOf } from '../../../src/shared/events/event.ts'
import { FlowCursor } from '../../../src/shared/events/flow-cursor.ts'
import { allocateFaultCounters, FaultCounters } from '../../../src/shared/faults/fault-counters.ts'
import { faultSlots, ruleFaults } from '../../../src/shared/faults/rule-fault.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { CLIENT, ORIGIN } from '../../../src/shared/side.ts'
import { HttpFaults } from '../../../src/workers/fault-points/http-faults.ts'
import { FaultJudge } from '../../../src/workers/faults/fault-judge.ts'
import type { MessageHead } from '../../../src/workers/layers/http/message-head.ts'
import { Http1Layer } from '../../../src/workers/layers/http1/http1-layer.ts'
import { Http2Layer } from '../../../src/workers/layers/http2/http2-layer.ts'
import { EventHarness } from '../../support/harnesses/event-harness.ts'
import { LayerRelay } from '../../support/harnesses/layer-relay.ts'
import { unchunked } from '../../support/octets/body-edits.ts'
import { CHUNKED, get, ok } from '../../support/octets/http1-messages.ts'
import { block, data, type FieldList, GET, headers, PREFACE, readFrames, settings, settingsAck } from '../../support/octets/http2-frames.ts'
import { HttpRecorder } from '../../support/recorders/http-recorder.ts'

type FaultInput = NonNullable<NonNullable<EngineOptionsInput['rules']>[number]['fault']>

/** A layer whose every exchange with a target that contains `x` has the faults. */
function faulted(fault: FaultInput, http: 1 | 2) {
  const { rules } = parseOptions({ rules: [{ name: 'r', match: {}, fault }] })
  const harness = new EventHarness()
  const memory = allocateFaultCounters(faultSlots(rules), Date.now())
  const judge = new FaultJudge(0, memory, harness.writer)
  const faults = [...ruleFaults(rules).values()].flat()
  const flow = new FlowCursor(1, 0, http === 1 ? 'http1' : 'http2')
  const recorder = new HttpRecorder()
  const faultsOf = ({ target }: MessageHead) => (target.includes('x') ? faults : [])
  const handler = new HttpFaults(recorder, { judge, flow, now: 0, faultsOf, onOver: (call) => over.push(call) })
  const over: (() => void)[] = []
  let relay: LayerRelay | undefined
  const now = () => relay?.now ?? 0
  relay = new LayerRelay(http === 1 ? new Http1Layer({ handler, now }) : new Http2Layer({ handler, now }))
  if (http === 2) {
    relay.feed(CLIENT, Buffer.concat([PREFACE, settings()]))
    relay.feed(ORIGIN, Buffer.concat([settings(), settingsAck()]))
    relay.feed(CLIENT, settingsAck())
  }
  const told = () => harness.events().filter((event): event is EventOf<'fault_injected'> => event.event === 'fault_injected')
  /** Whether a fault of `max_active: 1` is going on: no other may begin. */
  const isActive = () => {
    const counters = new FaultCounters(memory)
    const begins = counters.begin(0, { times: undefined, max_active: 1 })
    if (begins) counters.end(0)
    return !begins
  }
  return { relay, recorder, told, over, isActive }
}

/** What the client has got on stream `id`: the types of its frames, its data, and its code of reset. */
function streamOf(relay: LayerRelay, id: number) {
  const frames = readFrames(Buffer.from(relay.toClient, 'latin1')).filter((frame) => frame.id === id)
  return {
    types: frames.map(({ type }) => type),
    text: Buffer.concat(frames.filter(({ type }) => type === 0).map(({ payload }) => payload)).toString('latin1'),
    ended: frames.some(({ type, flags }) => type <= 1 && (flags & 1) !== 0),
    code: frames.find(({ type }) => type === 3)?.payload.readUInt32BE(0),
    block: frames.find(({ type }) => type === 1)?.payload.toString('latin1') ?? '',
  }
}

const OK: FieldList = [[':status', '200']]
const withLength = (length: number): FieldList => [...OK, ['content-length', String(length)]]
const behindHead = (message: string) => message.slice(message.indexOf('\r\n\r\n') + 4)

function tells(t: Test, told: readonly EventOf<'fault_injected'>[], expected: Partial<EventOf<'fault_injected'>>): void {
  t.match(told, [{ rule: 'r', fault: 0, ...expected }])
  t.equal(told.length, 1)
}

t.test('respond, in the place of the request', async (t) => {
  const fault = { kind: 'respond', status: 529, body: { type: 'error' }, fields: { 'retry-after': '2' } } as const
  const one = faulted(fault, 1)
  one.relay.feed(CLIENT, get('/a') + get('/x') + get('/b'))
  one.relay.feed(ORIGIN, ok('a') + ok('b'))
  t.equal(one.relay.toOrigin, get('/a') + get('/b'))
  const [head, body] = one.relay.toClient.slice(ok('a').length, -ok('b').length).split('\r\n\r\n')
  t.match(head, /^HTTP\/1\.1 529 \r\nDate: .*\r\nContent-Type: application\/json\r\nretry-after: 2\r\nContent-Length: 16$/)
  t.equal(body, '{"type":"error"}')
  t.same(one.recorder.ends, ['0:completed', '1:fault_injected', '2:completed'])
  tells(t, one.told(), { kind: 'respond', phase: 'request', position: 0, applied: { status: 529, delay_ms: 0 } })

  const two = faulted({ ...fault, delay_ms: 30 }, 2)
  two.relay.feed(CLIENT, Buffer.concat([headers(1, GET, true), headers(3, [...GET.slice(0, 3), [':path', '/b']], true)]))
  two.relay.feed(ORIGIN, headers(3, OK, true))
  t.ok(streamOf(two.relay, 3).ended, 'the other stream goes on meanwhile')
  two.relay.advance(29)
  t.same(streamOf(two.relay, 1).types, [])
  two.relay.advance(1)
  t.same(streamOf(two.relay, 1).types, [1, 0])
  t.equal(streamOf(two.relay, 1).text, '{"type":"error"}')
  t.notOk(readFrames(Buffer.from(two.relay.toOrigin, 'latin1')).some(({ id }) => id === 1))
  t.same(two.recorder.ends, ['3:completed', '1:fault_injected'])
})

t.test('respond, in the place of the response', async (t) => {
  const fault = { kind: 'respond', status: 503, body: 'no', instead_of: 'response' } as const
  const one = faulted(fault, 1)
  one.relay.feed(CLIENT, get('/x') + get('/b'))
  one.relay.feed(ORIGIN, ok('a') + ok('b'))
  t.match(one.relay.toClient, /^HTTP\/1\.1 503 Service Unavailable\r\n/)
  t.ok(one.relay.toClient.endsWith(`\r\n\r\nno${ok('b')}`))
  tells(t, one.told(), { kind: 'respond', phase: 'response' })
  const two = faulted(fault, 2)
  two.relay.feed(CLIENT, headers(1, GET, true))
  two.relay.feed(ORIGIN, Buffer.concat([headers(1, OK), data(1, 'whole', true)]))
  t.equal(streamOf(two.relay, 1).text, 'no')
})

t.test('statuses without content', async (t) => {
  for (const status of [204, 304]) {
    const { relay } = faulted({ kind: 'respond', status, body: 'left out' }, 1)
    relay.feed(CLIENT, get('/x'))
    t.match(relay.toClient, new RegExp(`^HTTP/1\\.1 ${status} [^\\r]*\\r\\nDate: [^\\r]*\\r\\n\\r\\n$`))
  }
})

t.test('first_byte_delay', async (t) => {
  const fault = { kind: 'first_byte_delay', ms: 50 } as const
  const one = faulted(fault, 1)
  one.relay.feed(CLIENT, get('/x'))
  one.relay.feed(ORIGIN, ok('hello'))
  t.equal(one.relay.toClient, '')
  one.relay.advance(50)
  t.equal(one.relay.toClient, ok('hello'))
  t.same(one.recorder.ends, ['0:completed'])
  tells(t, one.told(), { kind: 'first_byte_delay', phase: 'response', applied: { ms: 50 } })

  const two = faulted(fault, 2)
  two.relay.feed(CLIENT, Buffer.concat([headers(1, GET, true), headers(3, [...GET.slice(0, 3), [':path', '/b']], true)]))
  two.relay.feed(ORIGIN, Buffer.concat([headers(1, withLength(5)), data(1, 'hello'), headers(1, [['t', 'v']], true), headers(3, OK, true)]))
  t.same(streamOf(two.relay, 1).types, [])
  t.ok(streamOf(two.relay, 3).ended)
  two.relay.advance(50)
  t.same(streamOf(two.relay, 1).types, [1, 0, 1])
  t.match(streamOf(two.relay, 1), { text: 'hello', ended: true })
  t.ok(streamOf(two.relay, 1).block.includes('5'), 'the length is true, and stays')
  const bare = faulted(fault, 2)
  bare.relay.feed(CLIENT, headers(1, GET, true))
  bare.relay.feed(ORIGIN, headers(1, OK, true))
  t.same(streamOf(bare.relay, 1).types, [])
  bare.relay.advance(50)
  t.same(streamOf(bare.relay, 1), { types: [1], text: '', ended: true, code: undefined, block: streamOf(bare.relay, 1).block })
  t.same(bare.recorder.ends, ['1:completed'])
})

t.test('truncate_body, HTTP/1.1', async (t) => {
  const run = (ending: 'keep_length_and_close' | 'clean' | 'reset', response: string) => {
    const rig = faulted({ kind: 'truncate_body', after_bytes: 3, ending }, 1)
    rig.relay.feed(CLIENT, get('/x'))
    rig.relay.feed(ORIGIN, response)
    return rig
  }
  const kept = run('keep_length_and_close', ok('hello'))
  t.equal(kept.relay.toClient, ok('hello').slice(0, -2))
  t.match(kept.relay.close, { reason: 'fault_injected', abrupt: false })
  tells(t, kept.told(), { kind: 'truncate_body', phase: 'body', position: 3, unit: 'bytes', applied: { ending: 'close' } })
  const clean = run('clean', ok('hello'))
  t.same(unchunked(behindHead(clean.relay.toClient)), { data: 'hel', rest: '\r\n', isComplete: true })
  t.equal(clean.relay.close, undefined)
  t.same(clean.recorder.ends, ['0:fault_injected'])
  const reset = run('reset', ok('hello'))
  t.match(reset.relay.close, { reason: 'fault_injected', abrupt: true })
  const short = run('clean', ok('hel'))
  t.same(short.told(), [], 'a body that is not longer is not touched')
  t.same(short.recorder.ends, ['0:completed'])
})

t.test('truncate_body, HTTP/2', async (t) => {
  const run = (ending: 'keep_length_and_close' | 'clean' | 'reset', head: FieldList) => {
    const rig = faulted({ kind: 'truncate_body', after_bytes: 3, ending }, 2)
    rig.relay.feed(CLIENT, headers(1, GET, true))
    rig.relay.feed(ORIGIN, Buffer.concat([headers(1, head), data(1, 'hello', true)]))
    return { ...rig, stream: streamOf(rig.relay, 1) }
  }
  const kept = run('keep_length_and_close', withLength(5))
  t.match(kept.stream, { text: 'hel', ended: true, code: undefined })
  t.ok(kept.stream.block.includes('5'))
  t.match(run('keep_length_and_close', OK).stream, { text: 'hel', ended: false, code: 2 }, 'nothing but a reset says it')
  const clean = run('clean', withLength(5))
  t.match(clean.stream, { text: 'hel', ended: true, code: undefined })
  t.equal(clean.stream.block, Buffer.from(block(OK)).toString('latin1'), 'no length that is false')
  const reset = run('reset', OK)
  t.match(reset.stream, { text: 'hel', ended: false, code: 2 })
  t.same(reset.recorder.ends, ['1:fault_injected'])
  tells(t, reset.told(), { kind: 'truncate_body', position: 3, applied: { ending: 'reset', code: 2 } })
})

t.test('truncate_body, of the request', async (t) => {
  const { relay } = faulted({ kind: 'truncate_body', after_bytes: 2, side: 'client' }, 1)
  const post = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello'
  relay.feed(CLIENT, post)
  t.equal(relay.toOrigin, post.slice(0, -3))
  t.match(relay.close, { reason: 'fault_injected' })
})

t.test('corrupt_gzip', async (t) => {
  const body = gzipSync('some text').toString('latin1')
  const { relay, told } = faulted({ kind: 'corrupt_gzip', after_bytes: 12 }, 1)
  relay.feed(CLIENT, get('/x'))
  relay.feed(ORIGIN, ok(body, 'Content-Encoding: gzip\r\n'))
  const got = behindHead(relay.toClient)
  t.equal(got.length, body.length)
  t.same(
    [...got].flatMap((character, n) => (character === body[n] ? [] : n)),
    [12],
  )
  tells(t, told(), { position: 12, applied: { from: body.charCodeAt(12), to: got.charCodeAt(12) } })
  const plain = faulted({ kind: 'corrupt_gzip' }, 1)
  plain.relay.feed(CLIENT, get('/x'))
  plain.relay.feed(ORIGIN, ok('plain'))
  t.equal(plain.relay.toClient, ok('plain'))
  tells(t, plain.told(), { applied: { not_applicable: 'no content coding' } })
})

t.test('malformed_chunk', async (t) => {
  for (const response of [ok('hello'), `${CHUNKED}5\r\nhello\r\n0\r\n\r\n`]) {
    const { relay, told } = faulted({ kind: 'malformed_chunk', after_bytes: 2 }, 1)
    relay.feed(CLIENT, get('/x'))
    relay.feed(ORIGIN, response)
    t.equal(behindHead(relay.toClient), '2\r\nhe\r\nsoth\r\n')
    t.match(relay.close, { reason: 'fault_injected', abrupt: false })
    tells(t, told(), { position: 2 })
  }
  const two = faulted({ kind: 'malformed_chunk' }, 2)
  two.relay.feed(CLIENT, headers(1, GET, true))
  two.relay.feed(ORIGIN, Buffer.concat([headers(1, OK), data(1, 'hello', true)]))
  t.match(streamOf(two.relay, 1), { text: 'hello', ended: true })
  tells(t, two.told(), { applied: { not_applicable: 'HTTP/2' } })
})

t.test('wrong_content_length', async (t) => {
  const one = faulted({ kind: 'wrong_content_length', delta: 3 }, 1)
  one.relay.feed(CLIENT, get('/x'))
  one.relay.feed(ORIGIN, ok('hello'))
  t.equal(one.relay.toClient, ok('hello').replace('Length: 5', 'Length: 8'))
  t.match(one.relay.close, { reason: 'fault_injected', abrupt: false })
  tells(t, one.told(), { phase: 'response', applied: { from: 5, to: 8 } })
  const two = faulted({ kind: 'wrong_content_length', delta: -9 }, 2)
  two.relay.feed(CLIENT, headers(1, GET, true))
  two.relay.feed(ORIGIN, Buffer.concat([headers(1, withLength(5)), data(1, 'hello', true)]))
  t.match(streamOf(two.relay, 1), { text: 'hello', ended: true })
  tells(t, two.told(), { applied: { from: 5, to: 0 } })
  const none = faulted({ kind: 'wrong_content_length' }, 1)
  none.relay.feed(CLIENT, get('/x'))
  none.relay.feed(ORIGIN, `${CHUNKED}0\r\n\r\n`)
  tells(t, none.told(), { applied: { not_applicable: 'no Content-Length' } })
})

t.test('h2_reset', async (t) => {
  const before = faulted({ kind: 'h2_reset', before_head: true, code: 7 }, 2)
  before.relay.feed(CLIENT, headers(1, GET, true))
  before.relay.feed(ORIGIN, Buffer.concat([headers(1, OK), data(1, 'hello', true)]))
  t.match(streamOf(before.relay, 1), { types: [3], code: 7 })
  t.same(before.recorder.ends, ['1:fault_injected'])
  const within = faulted({ kind: 'h2_reset', after_bytes: 2, code: 11 }, 2)
  within.relay.feed(CLIENT, headers(1, GET, true))
  within.relay.feed(ORIGIN, Buffer.concat([headers(1, OK), data(1, 'hello', true)]))
  t.match(streamOf(within.relay, 1), { types: [1, 0, 3], text: 'he', code: 11 })
  tells(t, within.told(), { position: 2, applied: { ending: 'reset', code: 11 } })
  const one = faulted({ kind: 'h2_reset', before_head: true }, 1)
  one.relay.feed(CLIENT, get('/x'))
  one.relay.feed(ORIGIN, ok('hello'))
  t.equal(one.relay.toClient, ok('hello'))
  tells(t, one.told(), { applied: { not_applicable: 'HTTP/1.1' } })
})

t.test('h2_goaway', async (t) => {
  const goaways = (relay: LayerRelay) =>
    readFrames(Buffer.from(relay.toClient, 'latin1'))
      .filter(({ type }) => type === 7)
      .map(({ payload }) => [payload.readUInt32BE(0), payload.readUInt32BE(4)])
  const path = (name: string): FieldList => [...GET.slice(0, 3), [':path', name]]
  const soft = faulted({ kind: 'h2_goaway', code: 0 }, 2)
  soft.relay.feed(CLIENT, Buffer.concat([headers(1, path('/a'), true), headers(3, GET, true), headers(5, path('/late'), true)]))
  t.same(goaways(soft.relay), [[3, 0]])
  t.notOk(
    readFrames(Buffer.from(soft.relay.toOrigin, 'latin1')).some(({ id }) => id === 5),
    'later streams are not looked at',
  )
  soft.relay.feed(ORIGIN, headers(1, OK, true))
  t.equal(soft.relay.close, undefined)
  soft.relay.feed(ORIGIN, Buffer.concat([headers(3, OK), data(3, 'last', true)]))
  t.match(streamOf(soft.relay, 3), { text: 'last', ended: true })
  t.match(soft.relay.close, { reason: 'fault_injected', abrupt: false })
  t.same(soft.recorder.ends, ['1:completed', '3:completed'])
  tells(t, soft.told(), { kind: 'h2_goaway', phase: 'request', applied: { code: 0 } })
  const hard = faulted({ kind: 'h2_goaway', code: 2 }, 2)
  hard.relay.feed(CLIENT, Buffer.concat([headers(1, path('/a'), true), headers(3, GET, true)]))
  t.same(goaways(hard.relay), [[3, 2]])
  t.match(hard.relay.close, { reason: 'fault_injected' })
  t.same(hard.recorder.ends, ['1:fault_injected', '3:fault_injected'])
})

t.test('grpc_status', async (t) => {
  const fault = { kind: 'grpc_status', status: 8, message: 'so much: 100 %' } as const
  const call: FieldList = [...GET, ['content-type', 'application/grpc']]
  const two = faulted(fault, 2)
  two.relay.feed(CLIENT, headers(1, call, true))
  t.match(streamOf(two.relay, 1), { types: [1], ended: true })
  tells(t, two.told(), { phase: 'request', applied: { grpc_status: 8 } })
  const web = faulted(fault, 1)
  web.relay.feed(CLIENT, get('/x', 'Content-Type: application/grpc-web-text\r\n'))
  t.match(
    web.relay.toClient,
    /^HTTP\/1\.1 200 OK\r\n.*Content-Type: application\/grpc-web-text\+proto\r\nGrpc-Status: 8\r\nGrpc-Message: so much: 100 %25\r\nContent-Length: 0\r\n\r\n$/s,
  )
  const other = faulted(fault, 1)
  other.relay.feed(CLIENT, get('/x'))
  other.relay.feed(ORIGIN, ok('hello'))
  t.equal(other.relay.toClient, ok('hello'))
  tells(t, other.told(), { applied: { not_applicable: 'no call of gRPC or gRPC-Web' } })
})

t.test('several faults of one body act one behind the other', async (t) => {
  const faults = [
    { kind: 'first_byte_delay', ms: 10 },
    { kind: 'corrupt_gzip', after_bytes: 1 },
    { kind: 'truncate_body', after_bytes: 3, ending: 'clean' },
  ] as const
  const { relay, told } = faulted([...faults], 1)
  relay.feed(CLIENT, get('/x'))
  relay.feed(ORIGIN, ok('hello', 'Content-Encoding: br\r\n'))
  relay.advance(10)
  const { data: got, isComplete } = unchunked(behindHead(relay.toClient))
  t.equal(`${got[0]}${got.slice(2)}`, 'hl')
  t.not(got[1], 'e')
  t.ok(isComplete)
  t.same(
    told().map(({ fault, kind }) => [fault, kind]),
    [
      [0, 'first_byte_delay'],
      [1, 'corrupt_gzip'],
      [2, 'truncate_body'],
    ],
  )
})

t.test('a WebSocket connection is active until it ends: with its session on HTTP/1.1, with its stream on HTTP/2', async (t) => {
  const fault = { kind: 'websocket', action: 'drop', message: 9, max_active: 1 } as const
  const upgrade = (http: ReturnType<typeof faulted>) => {
    http.relay.feed(CLIENT, get('/x', 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eHh4eHh4eHh4eHh4eHh4eA==\r\n'))
    http.relay.feed(ORIGIN, 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  }
  const one = faulted(fault, 1)
  upgrade(one)
  t.same(one.recorder.ends, ['0:completed'], 'for HTTP it is over')
  t.ok(one.isActive())
  for (const call of one.over) call()
  t.notOk(one.isActive())

  const extended: FieldList = [[':method', 'CONNECT'], [':protocol', 'websocket'], ...GET.slice(1)]
  const two = faulted(fault, 2)
  two.relay.feed(ORIGIN, settings([8, 1]))
  two.relay.feed(CLIENT, Buffer.concat([settingsAck(), headers(1, extended)]))
  two.relay.feed(ORIGIN, headers(1, OK))
  t.ok(two.isActive())
  two.relay.feed(CLIENT, data(1, '', true))
  two.relay.feed(ORIGIN, data(1, '', true))
  t.same(two.over, [], 'the session may go on')
  t.notOk(two.isActive())
})

t.test('WebSocket over HTTP/2: the octets of the stream, and only they', async (t) => {
  const frameOf = (text: string) => Buffer.concat([Uint8Array.of(0x81, text.length), Buffer.from(text)])
  const extended: FieldList = [[':method', 'CONNECT'], [':protocol', 'websocket'], ...GET.slice(1)]
  const { relay, told, recorder } = faulted({ kind: 'websocket', message: 1, action: 'drop' }, 2)
  relay.feed(ORIGIN, settings([8, 1]))
  relay.feed(CLIENT, Buffer.concat([settingsAck(), headers(1, extended)]))
  relay.feed(ORIGIN, headers(1, OK))
  for (const text of ['zero', 'one', 'two']) relay.feed(ORIGIN, data(1, frameOf(text)))
  relay.feed(CLIENT, data(1, 'from the client'))
  t.equal(streamOf(relay, 1).text, Buffer.concat([frameOf('zero'), frameOf('two')]).toString('latin1'))
  t.ok(relay.toOrigin.includes('from the client'))
  t.equal(recorder.of(1).filter(({ fact }) => fact === 'upgrade').length, 1)
  tells(t, told(), { kind: 'websocket', phase: 'body', position: 1, unit: 'message' })
})
