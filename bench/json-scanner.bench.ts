/**
 * Throughput of the JSON scanner: an LLM request with long texts, and a document of many small members.
 * Run: node dist/bench/json-scanner.bench.js
 */

import { compileJsonPaths } from '../src/workers/layers/json/json-paths.ts'
import { JsonScanner } from '../src/workers/layers/json/json-scanner.ts'
import { measure } from './support/measure.ts'

const CHUNK_BYTES = 16_384
const paths = compileJsonPaths([
  [0, 'model'],
  [1, 'stream'],
  [2, 'usage', 'input_tokens'],
])
const handler = { onJsonScalar() {}, onJsonOpen() {}, onJsonClose() {} }

function bench(name: string, value: unknown): void {
  const body = Buffer.from(JSON.stringify(value))
  const scanner = new JsonScanner(paths, handler)
  measure(`json, ${name}`, () => {
    scanner.reset()
    for (let at = 0; at < body.length; at += CHUNK_BYTES) scanner.execute(body.subarray(at, at + CHUNK_BYTES))
    return body.length
  })
}

const text = 'lorem ipsum dolor sit amet, consectetur adipiscing elit.\n'.repeat(100)
bench('LLM request', { model: 'x', messages: Array.from({ length: 200 }, () => ({ role: 'user', content: text })), stream: true })
bench('base64 image', { model: 'x', image: 'QUJD'.repeat(250_000) })
bench(
  'small members',
  Array.from({ length: 20_000 }, (_, i) => ({ id: i, name: `n${i}`, ok: true, tags: ['a', 'b'] })),
)
