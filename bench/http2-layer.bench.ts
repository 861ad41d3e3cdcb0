/**
 * CPU cost of the HTTP/2 layer per small exchange (request and response as one chunk each), and of HPACK alone.
 * Run: node dist/bench/http2-layer.bench.js
 */

import { CLIENT, ORIGIN } from '../src/shared/side.ts'
import type { HttpHandler } from '../src/workers/layers/http/http-handler.ts'
import { HeaderList } from '../src/workers/layers/http2/head/header-list.ts'
import { HpackDecoder } from '../src/workers/layers/http2/hpack/hpack-decoder.ts'
import { HpackEncoder } from '../src/workers/layers/http2/hpack/hpack-encoder.ts'
import { Http2Layer } from '../src/workers/layers/http2/http2-layer.ts'
import { Plan } from '../src/workers/layers/plan.ts'
import { data, type FieldList, headers, PREFACE, settings, settingsAck } from '../test/support/octets/http2-frames.ts'
import { measure } from './support/measure.ts'

const EXCHANGES = 20_000
const RUNS = 7

const handler: HttpHandler = {
  onRequestHead: () => undefined,
  onRequestBody() {},
  onRequestTrailers() {},
  onRequestEnd() {},
  onInformational() {},
  onResponseHead: () => undefined,
  onResponseBody() {},
  onResponseTrailers() {},
  onResponseEnd() {},
  onExchangeEnd() {},
  onUpgrade() {},
  onViolation() {},
}

const requestFields = (n: number): FieldList => [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'api.example.com'],
  [':path', `/v1/items/${n}?page=2`],
  ['user-agent', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/149.0.0.0 Safari/537.36'],
  ['accept', 'application/json, text/plain, */*'],
  ['accept-encoding', 'gzip, deflate, br, zstd'],
  ['accept-language', 'en-GB,en;q=0.9'],
  ['authorization', 'Bearer abcdefghijklmnopqrstuvwxyz0123456789'],
]
const responseFields = (n: number): FieldList => [
  [':status', '200'],
  ['content-type', 'application/json'],
  ['content-length', '64'],
  ['date', 'Sat, 21 Nov 2026 10:00:00 GMT'],
  ['server', 'nginx'],
  ['x-request-id', `${n * 7_919}`],
]

const clientEncoder = HpackEncoder.takeOver(4_096)
const originEncoder = HpackEncoder.takeOver(4_096)
const requests = Array.from({ length: EXCHANGES }, (_, n) => headers(1 + 2 * n, requestFields(n), true, clientEncoder))
const body = 'x'.repeat(64)
const responses = Array.from({ length: EXCHANGES }, (_, n) =>
  Buffer.concat([headers(1 + 2 * n, responseFields(n), false, originEncoder), data(1 + 2 * n, body, true)]),
)

function runLayer(): number {
  const layer = new Http2Layer({ handler, now: () => 0 })
  const plan = new Plan()
  layer.execute(CLIENT, Buffer.concat([PREFACE, settings()]), plan)
  layer.execute(ORIGIN, Buffer.concat([settings(), settingsAck()]), plan)
  const start = process.cpuUsage()
  for (let n = 0; n < EXCHANGES; n++) {
    layer.execute(CLIENT, requests[n] as Buffer, plan)
    layer.execute(ORIGIN, responses[n] as Buffer, plan)
  }
  const { user, system } = process.cpuUsage(start)
  return ((user + system) * 1_000) / EXCHANGES
}

const costs = Array.from({ length: RUNS + 2 }, runLayer)
  .slice(2)
  .sort((a, b) => a - b)
console.log(`HTTP/2 layer: ${Math.round(costs[RUNS >> 1] as number)} ns per exchange`)

function runHpack(blocks: readonly Uint8Array[]): number {
  const decoder = new HpackDecoder()
  const list = new HeaderList(65_536)
  let octets = 0
  for (const block of blocks) {
    decoder.decode(block, 9, block.length, list)
    octets += list.length
  }
  return octets
}

measure('HPACK decode, mostly indexed (octets decoded)', () => runHpack(requests))
const literals = Array.from({ length: 2_000 }, (_, n) => headers(1, requestFields(n), true))
measure('HPACK decode, Huffman literals (octets decoded)', () => runHpack(literals))
