/**
 * gRPC, gRPC-Web and Connect calls: facts and violations of recorded shapes, in every split; values of their fields. No
 * HTTP layer.
 */

import { deflateSync, gzipSync } from 'node:zlib'
import fc from 'fast-check'
import t from 'tap'
import { CLIENT, ORIGIN, type Side } from '../../../../src/shared/side.ts'
import type { Violation } from '../../../../src/shared/violations/violation.ts'
import type { GrpcCall, GrpcHandler, GrpcMessage, GrpcSummary } from '../../../../src/workers/layers/grpc/grpc-handler.ts'
import { GrpcObserver } from '../../../../src/workers/layers/grpc/grpc-observer.ts'
import { grpcMethod, grpcProtocol } from '../../../../src/workers/layers/grpc/grpc-protocol.ts'
import { statusMessage, timeoutMs } from '../../../../src/workers/layers/grpc/grpc-values.ts'
import { MessageHead } from '../../../../src/workers/layers/http/message-head.ts'
import { chunkings } from '../../../support/chunkings.ts'

type Fields = Readonly<Record<string, string>>

function headOf(fields: Fields, target = '/pkg.Greeter/Hello', status = 0): MessageHead {
  const head = new MessageHead()
  let text = target
  head.fields.reset(new Uint8Array(0), text.length)
  head.targetEnd = target.length
  head.status = status
  for (const [name, value] of Object.entries(fields)) {
    const start = text.length
    text += `${name}: ${value}\r\n`
    head.fields.add(start, start + name.length, start + name.length + 2, text.length - 2)
  }
  head.fields.bytes = Buffer.from(text, 'latin1')
  head.fields.end = text.length
  return head
}

class GrpcRecorder implements GrpcHandler {
  readonly facts: unknown[] = []
  #octets: [string, string] = ['', '']
  onCall({ variant, codec, service, method, timeoutMs: timeout }: GrpcCall): void {
    this.facts.push(['call', variant, codec, service, method, timeout])
  }
  onMessage(side: Side, { index, size, compressed, encoding }: GrpcMessage): void {
    this.facts.push(['message', side, index, size, compressed, encoding, this.#octets[side]])
    this.#octets[side] = ''
  }
  onMessageOctets(side: Side, bytes: Uint8Array): void {
    this.#octets[side] += Buffer.from(bytes).toString('latin1')
  }
  onStatus(status: number, message: string): void {
    this.facts.push(['status', status, message])
  }
  onViolation(side: Side, violation: Violation): void {
    this.facts.push(['violation', side, violation.code])
  }
  onEnd(reason: string, { status, messages, bytes, kind }: GrpcSummary): void {
    this.facts.push(['end', reason, status, messages, bytes, kind])
  }
}

const envelope = (text: string | Uint8Array, flags = 0) => {
  const body = Buffer.from(text as string)
  const head = Buffer.alloc(5)
  head[0] = flags
  head.writeUInt32BE(body.length, 1)
  return Buffer.concat([head, body])
}

interface Call {
  readonly request?: Fields
  readonly response?: Fields
  readonly status?: number
  readonly trailers?: Fields
  readonly client?: Uint8Array
  readonly origin?: Uint8Array
}

function observe(call: Call, chunks: readonly Uint8Array[] = [call.origin ?? new Uint8Array(0)]): unknown[] {
  const request = headOf({ 'content-type': 'application/grpc', ...call.request })
  const protocol = grpcProtocol(request.fields)
  if (protocol === undefined) return []
  const recorder = new GrpcRecorder()
  const observer = new GrpcObserver(recorder, protocol, request)
  if (call.client !== undefined) observer.execute(CLIENT, call.client)
  observer.finish(CLIENT)
  observer.onResponseHead(headOf(call.response ?? {}, '', call.status ?? 200))
  for (const chunk of chunks) observer.execute(ORIGIN, chunk)
  if (call.trailers !== undefined) observer.onResponseTrailers(headOf(call.trailers).fields)
  observer.finish(ORIGIN)
  observer.end('completed')
  return recorder.facts
}

t.test('calls of every variant, in every split', async (t) => {
  const two = Buffer.concat([envelope('first'), envelope(''), envelope('third', 1)])
  const webTrailer = envelope('grpc-status:5\r\nGrpc-Message: not%20here\r\n', 0x80)
  const cases: [string, Call, unknown[]][] = [
    [
      'server streaming with trailers',
      {
        request: { 'grpc-timeout': '250m', 'grpc-encoding': 'gzip' },
        client: envelope('q', 1),
        response: { 'grpc-encoding': 'gzip' },
        origin: two,
        trailers: { 'grpc-status': '0' },
      },
      [
        ['call', 'grpc', 'proto', 'pkg.Greeter', 'Hello', 250],
        ['message', 0, 0, 1, true, 'gzip', 'q'],
        ['message', 1, 0, 5, false, 'gzip', 'first'],
        ['message', 1, 1, 0, false, 'gzip', ''],
        ['message', 1, 2, 5, true, 'gzip', 'third'],
        ['status', 0, ''],
        ['end', 'completed', 0, [1, 3], [1, 10], 'server_streaming'],
      ],
    ],
    [
      'trailers only',
      { request: { 'content-type': 'application/grpc+json;x=y' }, response: { 'grpc-status': '14', 'grpc-message': 'caf%C3%A9 %zz' } },
      [
        ['call', 'grpc', 'json', 'pkg.Greeter', 'Hello', undefined],
        ['status', 14, 'café %zz'],
        ['end', 'completed', 14, [0, 0], [0, 0], 'unary'],
      ],
    ],
    [
      'gRPC-Web',
      { request: { 'content-type': 'application/grpc-web+proto' }, origin: Buffer.concat([envelope('m'), webTrailer]) },
      [
        ['call', 'grpc-web', 'proto', 'pkg.Greeter', 'Hello', undefined],
        ['message', 1, 0, 1, false, '', 'm'],
        ['status', 5, 'not here'],
        ['end', 'completed', 5, [0, 1], [0, 1], 'unary'],
      ],
    ],
    [
      'gRPC-Web as text, two padded parts',
      {
        request: { 'content-type': 'application/grpc-web-text' },
        origin: Buffer.from(envelope('m').toString('base64') + webTrailer.toString('base64')),
      },
      [
        ['call', 'grpc-web-text', 'proto', 'pkg.Greeter', 'Hello', undefined],
        ['message', 1, 0, 1, false, '', 'm'],
        ['status', 5, 'not here'],
        ['end', 'completed', 5, [0, 1], [0, 1], 'unary'],
      ],
    ],
    [
      'Connect, streaming',
      {
        request: { 'content-type': 'application/connect+json', 'connect-timeout-ms': '9' },
        client: Buffer.concat([envelope('a'), envelope('b')]),
        origin: Buffer.concat([envelope('{}'), envelope('{"error":{"code":"not_found","message":"né"}}', 2)]),
      },
      [
        ['call', 'connect', 'json', 'pkg.Greeter', 'Hello', 9],
        ['message', 0, 0, 1, false, '', 'a'],
        ['message', 0, 1, 1, false, '', 'b'],
        ['message', 1, 0, 2, false, '', '{}'],
        ['status', 5, 'né'],
        ['end', 'completed', 5, [2, 1], [2, 2], 'client_streaming'],
      ],
    ],
    [
      'Connect, with a compressed end of the stream',
      {
        request: { 'content-type': 'application/connect+json' },
        client: envelope('a'),
        response: { 'connect-content-encoding': 'gzip' },
        origin: Buffer.concat([envelope('z', 1), envelope(gzipSync('{"error":{"code":"aborted","message":"no"}}'), 3)]),
      },
      [
        ['call', 'connect', 'json', 'pkg.Greeter', 'Hello', undefined],
        ['message', 0, 0, 1, false, '', 'a'],
        ['message', 1, 0, 1, true, 'gzip', 'z'],
        ['status', 10, 'no'],
        ['end', 'completed', 10, [1, 1], [1, 1], 'unary'],
      ],
    ],
    [
      'Connect, with an end of the stream in a coding that is not known, or not of it',
      {
        request: { 'content-type': 'application/connect+json' },
        response: { 'connect-content-encoding': 'br' },
        origin: envelope('?', 3),
      },
      [
        ['call', 'connect', 'json', 'pkg.Greeter', 'Hello', undefined],
        ['end', 'completed', -1, [0, 0], [0, 0], 'unary'],
      ],
    ],
    [
      'gRPC-Web asked for as text and answered in octets',
      {
        request: { 'content-type': 'application/grpc-web-text' },
        response: { 'content-type': 'application/grpc-web+proto', 'grpc-encoding': 'deflate' },
        client: Buffer.from(envelope('q').toString('base64')),
        origin: Buffer.concat([envelope('r'), envelope(deflateSync('grpc-status: 0\r\n'), 0x81)]),
      },
      [
        ['call', 'grpc-web-text', 'proto', 'pkg.Greeter', 'Hello', undefined],
        ['message', 0, 0, 1, false, '', 'q'],
        ['message', 1, 0, 1, false, 'deflate', 'r'],
        ['status', 0, ''],
        ['end', 'completed', 0, [1, 1], [1, 1], 'unary'],
      ],
    ],
    [
      'Connect, unary',
      {
        request: { 'content-type': 'application/proto', 'connect-protocol-version': '1' },
        client: Buffer.from('ab'),
        origin: Buffer.from('xyz'),
      },
      [
        ['call', 'connect-unary', 'proto', 'pkg.Greeter', 'Hello', undefined],
        ['message', 0, 0, 2, false, '', 'ab'],
        ['message', 1, 0, 3, false, '', 'xyz'],
        ['status', 0, ''],
        ['end', 'completed', 0, [1, 1], [2, 3], 'unary'],
      ],
    ],
  ]
  for (const [name, call, expected] of cases) {
    for (const chunks of chunkings(call.origin ?? new Uint8Array(0))) {
      const facts = observe(call, chunks)
      if (JSON.stringify(facts) !== JSON.stringify(expected)) {
        t.same(facts, expected, name)
        break
      }
    }
    t.pass(name)
  }
})

t.test('violations', async (t) => {
  const good = { 'grpc-status': '0' }
  const cases: [string, Side, Call][] = [
    ['grpc_flag', ORIGIN, { origin: envelope('x', 2), trailers: good }],
    ['grpc_flag', ORIGIN, { origin: envelope('x', 0x80), trailers: good }],
    ['grpc_flag', ORIGIN, { request: { 'content-type': 'application/connect+proto' }, origin: envelope('x', 0x80), trailers: good }],
    ['grpc_compressed_without_encoding', ORIGIN, { origin: envelope('x', 1), trailers: good }],
    ['grpc_message_too_long', ORIGIN, { origin: Uint8Array.of(0, 0xff, 0, 0, 0, 1), trailers: good }],
    ['grpc_truncated', ORIGIN, { origin: envelope('abc').subarray(0, 6), trailers: good }],
    ['grpc_truncated', CLIENT, { client: Uint8Array.of(0), trailers: good }],
    ['grpc_base64', ORIGIN, { request: { 'content-type': 'application/grpc-web-text' }, origin: Buffer.from('AAAA*'), trailers: good }],
    [
      'grpc_after_trailers',
      ORIGIN,
      { request: { 'content-type': 'application/grpc-web' }, origin: Buffer.concat([envelope('grpc-status:0', 0x80), envelope('x')]) },
    ],
    ['grpc_status_missing', ORIGIN, { origin: envelope('x') }],
    ['grpc_status_missing', ORIGIN, { request: { 'content-type': 'application/grpc-web' }, origin: envelope('', 0x80) }],
    ['grpc_status_malformed', ORIGIN, { origin: envelope('x'), status: 500, trailers: { 'grpc-status': 'OK' } }],
    ['grpc_timeout_malformed', CLIENT, { request: { 'grpc-timeout': '123456789S' }, trailers: good }],
  ]
  for (const [code, side, call] of cases) {
    t.same(
      observe(call).filter((fact) => (fact as unknown[])[0] === 'violation'),
      [['violation', side, code]],
      code,
    )
  }
  t.same(observe({ status: 502 }).slice(1), [['end', 'completed', -1, [0, 0], [0, 0], 'unary']], 'an HTTP error needs no status')
})

t.test('the page of an HTTP error is no message; a body of gRPC’s own type is read whatever the status', async (t) => {
  const page = { status: 503, response: { 'content-type': 'text/html' }, origin: Buffer.from('<html>Service unavailable') }
  for (const type of ['application/grpc', 'application/grpc-web+proto', 'application/grpc-web-text', 'application/connect+json'])
    t.same(observe({ ...page, request: { 'content-type': type } }).slice(1), [['end', 'completed', -1, [0, 0], [0, 0], 'unary']], type)
  const own = { ...page, response: { 'content-type': 'application/grpc' }, origin: envelope('hi') }
  t.match(observe(own).slice(1), [
    ['message', ORIGIN, 0, 2],
    ['end', 'completed', -1, [0, 1]],
  ])
})

t.test('a unary call of Connect fails by JSON, in a coding or not; other JSON and other pages say nothing', async (t) => {
  const request = { 'content-type': 'application/json', 'connect-protocol-version': '1' }
  const error = Buffer.from(JSON.stringify({ code: 'resource_exhausted', message: 'très lent', details: [] }))
  const gzip = { 'content-type': 'application/json', 'content-encoding': 'gzip' }
  const cases: [string, Call, unknown[]][] = [
    ['as it is', { origin: error }, [['status', 8, 'très lent']]],
    ['gzip', { origin: gzipSync(error), response: gzip }, [['status', 8, 'très lent']]],
    ['an unknown code', { origin: Buffer.from('{"code":"tired"}') }, []],
    ['JSON of a gateway', { origin: Buffer.from('{"error":"no route"}') }, []],
    ['null', { origin: Buffer.from('null') }, []],
    ['no JSON', { origin: Buffer.from('{') }, []],
    ['nothing', {}, []],
    ['a page', { origin: error, response: { 'content-type': 'text/html' } }, []],
  ]
  for (const [what, call, told] of cases) {
    const facts = observe({ request, status: 429, response: { 'content-type': 'application/json; charset=utf-8' }, ...call })
    t.same(facts.slice(2), [...told, ['end', 'completed', told.length === 0 ? -1 : 8, [1, 0], [0, 0], 'unary']], what)
  }
})

t.test('values', async (t) => {
  t.same(['1H', '2M', '3S', '4m', '5u', '99999999n'].map(timeoutMs), [3_600_000, 120_000, 3_000, 4, 0.005, 99.999999])
  t.same(['', '1', 'S', '-1S', '123456789m', '1s'].map(timeoutMs), Array(6).fill(undefined))
  t.equal(statusMessage('%E2%82%AC 100%'), '€ 100%')
  t.same(grpcMethod('/prefix/pkg.S/M?x=1'), { service: 'pkg.S', method: 'M' })
  t.same(grpcMethod('/'), { service: '', method: '' })
  for (const type of ['text/plain', 'application/json', 'application/grpcx', 'application/proto'])
    t.equal(grpcProtocol(headOf({ 'content-type': type }).fields), undefined, type)
})

t.test('any octets, in any split, tell the same', async (t) => {
  const types = ['application/grpc', 'application/grpc-web', 'application/grpc-web-text', 'application/connect+json']
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.uint8Array({ maxLength: 60 }), fc.integer({ min: 1, max: 9 }), (type, origin, size) => {
      const call = { request: { 'content-type': type }, response: { 'grpc-encoding': 'gzip' }, origin }
      const chunks = Array.from({ length: Math.ceil(origin.length / size) }, (_, i) => origin.subarray(i * size, (i + 1) * size))
      return JSON.stringify(observe(call).filter(isWhole)) === JSON.stringify(observe(call, chunks).filter(isWhole))
    }),
    { numRuns: 2_000 },
  )
  t.pass()
})

/** Octets of a text that turns out not to be base64 may have been told before the bad one came. */
function isWhole(fact: unknown): boolean {
  return (fact as unknown[])[0] === 'violation' || (fact as unknown[])[0] === 'status'
}
