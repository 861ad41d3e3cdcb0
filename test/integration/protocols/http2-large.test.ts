/**
 * One large stream beside 100 small ones on the same connection, in the middle of it, and beside another connection whose reader
 * stalls on the same body: nobody starves, memory is flat. 64 MB in `npm test`; `npm run stress:http2` runs the full gigabyte.
 */

import type { ClientHttp2Stream, ServerHttp2Stream } from 'node:http2'
import t from 'tap'
import { EngineHarness } from '../../support/engine-harness.ts'
import { answerOf } from '../../support/harnesses/http2-engine.ts'
import { closed, openHttp2, startHttp2Origin } from '../../support/origins/http2-origin.ts'

const BYTES = Number(process.env['SOTH_HTTP2_BYTES'] ?? 67_108_864)
const CHUNK = Buffer.alloc(65_536, 'large')
const SMALL_STREAMS = 100
/** Of origin, engine and client together, which are one process here: buffers of sockets, garbage that is not yet collected. */
const GROWTH_BYTES = 150_000_000
const DEADLINE_MS = BYTES > 67_108_864 ? 900_000 : 600_000

function pour(stream: ServerHttp2Stream): void {
  let left = BYTES
  const go = () => {
    while (left > 0) {
      left -= CHUNK.length
      if (!stream.write(CHUNK)) {
        stream.once('drain', go)
        return
      }
    }
    stream.end()
  }
  go()
}

function bodyOf(stream: ClientHttp2Stream): Promise<number> {
  let octets = 0
  stream.on('data', (chunk: Buffer) => {
    octets += chunk.length
  })
  return new Promise((resolve, reject) => stream.once('error', reject).once('close', () => resolve(octets)))
}

t.setTimeout(DEADLINE_MS)

t.test(`${BYTES} octets down one stream beside ${SMALL_STREAMS} small ones`, { timeout: DEADLINE_MS }, async (t) => {
  const origin = await startHttp2Origin(t, (stream, headers) => {
    stream.respond({ ':status': 200 })
    if (headers[':path'] === '/large') pour(stream)
    else stream.end(`small ${headers[':path']}`)
  })
  const harness = await EngineHarness.start(t, { workers: 1 })
  const client = await openHttp2(harness, origin.port)
  const stalledClient = await openHttp2(harness, origin.port)
  const stalled = stalledClient.request({ ':path': '/large' })
  await new Promise((resolve) => stalled.once('response', resolve))
  let received = 0
  let reference = 0
  let peak = 0
  const large = client.request({ ':path': '/large' })
  const began = performance.now()
  let reachedEighth: (() => void) | undefined
  const eighth = new Promise<void>((resolve) => {
    reachedEighth = resolve
  })
  large.on('data', (chunk: Buffer) => {
    received += chunk.length
    // Events wait here for the test, one per chunk: they are no memory of the engine.
    if (harness.events.length > 1_000) harness.forget()
    if (received < BYTES / 8) return
    const { rss } = process.memoryUsage()
    if (reference === 0) reference = rss
    reachedEighth?.()
    peak = Math.max(peak, rss)
  })
  const whole = new Promise<void>((resolve, reject) => large.once('error', reject).once('close', () => resolve()))
  await eighth
  const before = received
  const asked = performance.now()
  const answers = await Promise.all(Array.from({ length: SMALL_STREAMS }, (_, n) => answerOf(client.request({ ':path': `/${n}` }))))
  const smallMs = performance.now() - asked
  const meanwhile = received - before
  t.ok(answers.every(({ body }, n) => body.toString() === `small /${n}`))
  t.ok(received < BYTES, `the small ones did not wait for it: ${meanwhile} octets of it came in their ${smallMs.toFixed(0)} ms`)
  await whole
  const seconds = (performance.now() - began) / 1_000
  t.equal(received, BYTES)
  t.ok(peak - reference < GROWTH_BYTES, `memory grew by ${Math.round((peak - reference) / 1e6)} MB in ${seconds.toFixed(1)} s`)
  t.comment(`small ${smallMs.toFixed(0)} ms; ${Math.round(BYTES / seconds / 1e6)} MB/s; growth ${Math.round((peak - reference) / 1e6)} MB`)
  t.equal(await bodyOf(stalled), BYTES, 'the stalled reader gets all of it, once it reads')
  await Promise.all([closed(client), closed(stalledClient)])
  await harness.settled(0)
  t.match(harness.flowEnds().at(-1), { close_reason: 'relay_eof' })
})
