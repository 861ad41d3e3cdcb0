/** Which fault acts on which body: by its side, its media type, its coding; and what it says where it cannot. */

import t from 'tap'
import { parseOptions } from '../../../../src/shared/options/parse-options.ts'
import { CLIENT, ORIGIN } from '../../../../src/shared/side.ts'
import { streamMutatorFor, webSocketMutatorFor } from '../../../../src/workers/faults/streams/stream-mutators.ts'
import { NO_EXTENSIONS } from '../../../../src/workers/layers/websocket/extensions.ts'
import { fieldSectionOf } from '../../../support/octets/field-section-of.ts'
import { mutate } from '../../../support/recorders/mutation-recorder.ts'

const MESSAGES = { method: 'POST', target: '/v1/messages' }
const SSE = { 'content-type': 'text/event-stream; charset=utf-8' }

/** The fault of `rule`, with all defaults. */
function faultOf(fault: object) {
  const [rule] = parseOptions({ rules: [{ match: {}, fault }] } as never).rules
  const [options] = rule?.fault ?? []
  if (options === undefined || 'profile' in options) throw new Error('no fault')
  return { options, dice: { integer: () => 0 } } as never
}

const mutatorFor = (fault: object, side: typeof CLIENT | typeof ORIGIN, fields: Record<string, string>, request = MESSAGES) =>
  streamMutatorFor(faultOf(fault), side, fieldSectionOf(...Object.entries(fields).map(([name, value]) => `${name}: ${value}`)), request)

t.test('event streams of the origin, without coding', async (t) => {
  for (const fault of [{ kind: 'sse' }, { kind: 'sse_drop_type', type: 'a' }, { kind: 'sse', action: 'reorder' }]) {
    t.equal(mutatorFor(fault, CLIENT, SSE), undefined)
    t.equal('execute' in (mutatorFor(fault, ORIGIN, SSE) ?? {}), true)
    t.equal('execute' in (mutatorFor(fault, ORIGIN, { ...SSE, 'content-encoding': 'Identity' }) ?? {}), true)
    t.same(mutatorFor(fault, ORIGIN, { ...SSE, 'content-encoding': 'gzip' }), { not_applicable: 'content-encoding' })
    t.same(mutatorFor(fault, ORIGIN, { 'content-type': 'application/json' }), { not_applicable: 'no event stream' })
  }
  t.equal(mutatorFor({ kind: 'respond' }, ORIGIN, SSE), undefined)
  t.equal(mutatorFor({ kind: 'websocket' }, ORIGIN, SSE), undefined)
})

t.test('gRPC of the side that is named', async (t) => {
  const grpc = { 'content-type': 'application/grpc+proto' }
  t.equal(mutatorFor({ kind: 'grpc_message' }, CLIENT, grpc), undefined)
  t.equal('execute' in (mutatorFor({ kind: 'grpc_message' }, ORIGIN, grpc) ?? {}), true)
  const drop = { kind: 'grpc_message', side: 'client', action: 'drop' }
  t.equal('execute' in (mutatorFor(drop, CLIENT, { 'content-type': 'application/connect+json' }) ?? {}), true)
  t.same(mutatorFor(drop, CLIENT, SSE), { not_applicable: 'no call of gRPC' })
  t.same(mutatorFor(drop, CLIENT, { 'content-type': 'application/grpc-web-text' }), { not_applicable: 'base64' })
  t.same(mutatorFor({ kind: 'grpc_message', side: 'client' }, CLIENT, grpc), { not_applicable: 'a request has no status' })
})

t.test('WebSocket messages of the side that is named', async (t) => {
  const fault = faultOf({ kind: 'websocket', side: 'client' })
  t.equal(webSocketMutatorFor(fault, ORIGIN, NO_EXTENSIONS), undefined)
  t.not(webSocketMutatorFor(fault, CLIENT, NO_EXTENSIONS), undefined)
  t.equal(webSocketMutatorFor(faultOf({ kind: 'sse' }), ORIGIN, NO_EXTENSIONS), undefined)
})

/** What the error event is, and what keeps the stream alive. */
function spoken(method: string, target: string, more: object = {}): string[] {
  const faults = [
    { kind: 'sse', action: 'error_event', ...more },
    { kind: 'sse', action: 'stall_with_pings', for_ms: 1_000 },
  ]
  return faults.map((fault) => {
    const mutator = mutatorFor(fault, ORIGIN, SSE, { method, target })
    if (mutator === undefined || !('execute' in mutator)) throw new Error('no mutator')
    const [step] = mutate(mutator, [Buffer.from('data: x\n\n')]).steps
    return String(step?.[0] === 'write' ? step[1] : step?.[3])
  })
}

t.test('each API says it in its own shape', async (t) => {
  const [anthropic = '', ping] = spoken('POST', '/v1/messages')
  t.match(anthropic, /^event: error\ndata: \{"type":"error","error":\{"type":"overloaded_error",.*\}\n\n$/)
  t.equal(ping, 'event: ping\ndata: {"type":"ping"}\n\n')
  t.match(spoken('POST', '/v1/chat/completions'), [/^data: \{"error":\{.*"type":"server_error".*\}\n\n$/, ': ping\n\n'])
  t.match(spoken('POST', '/v1/responses'), [/^event: error\ndata: \{"type":"error","code":"server_is_overloaded".*\}\n\n$/, ': ping\n\n'])
  t.match(spoken('POST', '/v1beta/models/g:streamGenerateContent?alt=sse'), [/^data: \{"error":\{"code":503,.*\}\n\n$/, ': ping\n\n'])
  t.match(spoken('GET', '/events'), ['event: error\ndata: {"error":"overloaded"}\n\n', ': ping\n\n'])
  t.match(spoken('POST', '/v1/messages', { type: '', data: 'a\nb' }), ['data: a\ndata: b\n\n'])
})
