/**
 * Throughput of the small payload observers: msgpack scanner and decoder, NDJSON splitter, prefix stripper.
 * Run: node dist/bench/payloads.bench.js
 */

import { encode } from '@msgpack/msgpack'
import { decodeMsgpack } from '../src/workers/layers/msgpack/decode-msgpack.ts'
import { MsgpackScanner } from '../src/workers/layers/msgpack/msgpack-scanner.ts'
import { LineSplitter } from '../src/workers/layers/payload/line-splitter.ts'
import { PrefixStripper } from '../src/workers/layers/payload/prefix-stripper.ts'
import { measure } from './support/measure.ts'

const CHUNK_BYTES = 16_384
const record = { id: 12_345, name: 'some name', tags: ['a', 'b'], score: 1.5, nested: { text: 'lorem ipsum dolor sit amet'.repeat(3) } }
const packed = Buffer.concat(Array.from({ length: 8_000 }, () => encode(record)))
const lines = Buffer.from(`${JSON.stringify(record)}\n`.repeat(8_000))

function chunked(body: Buffer, execute: (bytes: Uint8Array) => void): number {
  for (let at = 0; at < body.length; at += CHUNK_BYTES) execute(body.subarray(at, at + CHUNK_BYTES))
  return body.length
}

measure('msgpack, scan', () => {
  const scanner = new MsgpackScanner({ onValue() {}, onMsgpackFailed() {} })
  return chunked(packed, (bytes) => scanner.execute(bytes))
})
measure('msgpack, scan and decode', () => {
  const scanner = new MsgpackScanner({
    onValue: (_index, _size, _depth, value) => {
      if (value !== undefined) decodeMsgpack(value)
    },
    onMsgpackFailed() {},
  })
  return chunked(packed, (bytes) => scanner.execute(bytes))
})
measure('ndjson', () => {
  const splitter = new LineSplitter({ onLine() {} })
  return chunked(lines, (bytes) => splitter.execute(bytes))
})
measure('anti-hijack', () => {
  const stripper = new PrefixStripper({ onPrefix() {}, onPayload() {} })
  return chunked(lines, (bytes) => stripper.execute(bytes))
})
