/**
 * ns per ClientHello, in one chunk and in three, and its fingerprints. One process, one thread; compare figures of one run only.
 */

import { readFileSync } from 'node:fs'
import { ClientHelloParser } from '../src/workers/tls/hello/client-hello-parser.ts'
import { ja3 } from '../src/workers/tls/hello/ja3.ts'
import { ja4 } from '../src/workers/tls/hello/ja4.ts'

const ROUNDS = 2000
const hellos = readFileSync('test/fixtures/tls-clienthello/hellos.jsonl', 'utf8')
  .trim()
  .split('\n')
  .map((line) => Buffer.from((JSON.parse(line) as { records_hex: string }).records_hex, 'hex'))
  // The two of over a hundred records are there to judge correctness.
  .slice(0, -2)

function measure(name: string, once: (hello: Buffer) => unknown): void {
  let sink = 0
  const run = () => {
    for (const hello of hellos) if (once(hello) !== undefined) sink++
  }
  for (let round = 0; round < ROUNDS / 4; round++) run()
  const start = process.hrtime.bigint()
  for (let round = 0; round < ROUNDS; round++) run()
  const perHello = Number(process.hrtime.bigint() - start) / (ROUNDS * hellos.length)
  console.log(`${name.padEnd(24)} ${perHello.toFixed(0)} ns (${sink > 0 ? hellos.length : 0} hellos)`)
}

function parsed(hello: Buffer) {
  const result = new ClientHelloParser().execute(hello)
  if (result.kind !== 'hello') throw new Error(result.kind)
  return result.hello
}

measure('parse, one chunk', parsed)
measure('parse, three chunks', (hello) => {
  const parser = new ClientHelloParser()
  parser.execute(hello.subarray(0, 3))
  parser.execute(hello.subarray(3, 200))
  return parser.execute(hello.subarray(200))
})
measure('parse + ja4', (hello) => ja4(parsed(hello)))
measure('parse + ja3 + ja4', (hello) => {
  const values = parsed(hello)
  return ja3(values) + ja4(values)
})
