/**
 * Bodies larger than memory, and bombs, through the engine: resident memory, octets that arrive, what the observation makes of them.
 *
 *     node dist/test/stress/large-bodies.js [--body-gb 4] [--chunked-gb 10]
 */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ProxyAgent, request } from 'undici'
import { BodyRuns } from './body-runs.ts'
import { bombOf } from './bombs.ts'

const { values } = parseArgs({ options: { 'body-gb': { type: 'string', default: '4' }, 'chunked-gb': { type: 'string', default: '10' } } })
const GIGABYTE = 1_000_000_000
const SAMPLE_MS = 250

const runs = new BodyRuns()
const events = join(runs.pki.folder, 'events.ndjson')
const engine = await runs.engine({ observe: 'bodies', events: { file: events }, limits: { idle_timeout_ms: 60_000 } })
const origin = await runs.origin()
const dispatcher = new ProxyAgent({
  uri: `http://127.0.0.1:${engine.port}`,
  requestTls: { ca: readFileSync(engine.ca), servername: 'origin.test' },
})

async function pass(name: string, path: string, expected: number): Promise<void> {
  const memory = async () => (await engine.child.ask<NodeJS.MemoryUsage>('memory')).rss
  const before = await memory()
  let most = before
  const sampler = setInterval(() => void memory().then((rss) => (most = Math.max(most, rss))), SAMPLE_MS)
  const began = performance.now()
  let octets = 0
  const { body } = await request(`https://127.0.0.1:${origin.port}${path}`, { dispatcher })
  for await (const chunk of body) octets += (chunk as Buffer).length
  clearInterval(sampler)
  const seconds = (performance.now() - began) / 1000
  const grown = (most - before) / 1_048_576
  console.log(
    `${name.padEnd(22)} ${octets === expected ? 'intact' : `${octets} of ${expected} octets`}, resident +${grown.toFixed(0)} MB at most, ${seconds.toFixed(1)} s`,
  )
}

/** Small bodies first, so that what comes with the first use of everything is not counted. */
await pass('warm-up', '/body?octets=50000000', 50_000_000)
const body = Number(values['body-gb']) * GIGABYTE
await pass(`body of ${values['body-gb']} GB`, `/body?octets=${body}`, body)
const chunked = Number(values['chunked-gb']) * GIGABYTE
await pass(`chunked, ${values['chunked-gb']} GB`, `/body?octets=${chunked}&chunked&type=application/json`, chunked)
for (const name of ['gzip', 'br', 'zstd']) await pass(`${name} bomb`, `/${name}`, bombOf(name).body.length)
await dispatcher.close()
/** Bombs are decoded beside the relay: their ends come later than their octets. */
for (let waited = 0; waited < 100 && readFileSync(events, 'utf8').split('"event":"decode_failed"').length <= 3; waited++) {
  await new Promise((resolve) => setTimeout(resolve, 100))
}
for (const line of readFileSync(events, 'utf8').split('\n')) {
  if (line.includes('"event":"decode_failed"') || line.includes('"event":"body_decoded"')) console.log(line.slice(line.indexOf('"side"')))
}
await runs.stop()
