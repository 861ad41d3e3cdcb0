/**
 * How long an SSE event or a WebSocket message is under way through the engine, beyond what a relay that copies octets between
 * two TLS sockets takes. Interleaved, both hold all their streams the whole time.
 *
 *     node dist/test/stress/stream-delay.js [--streams 1000] [--rounds 5] [--per-second 2000] [--repeats 3]
 */

import { parseArgs } from 'node:util'
import { percentile, type StreamProxy, StreamRuns } from './stream-runs.ts'

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '1000' },
    rounds: { type: 'string', default: '5' },
    'per-second': { type: 'string', default: '2000' },
    repeats: { type: 'string', default: '3' },
  },
})
const streams = Number(values.streams)
const rounds = Number(values.rounds)

async function measure(kind: 'sse' | 'ws'): Promise<void> {
  const runs = new StreamRuns()
  const sides = []
  for (const proxy of [await runs.bareRelay(), await runs.engine()] as StreamProxy[]) {
    // An origin of its own, so that only one of the two is written to at a time.
    const origin = await runs.origin()
    const clients = await runs.clients(proxy)
    await clients.ask('openAll', { kind, proxyPort: proxy.port, originPort: origin.port, streams })
    sides.push({ proxy, origin, clients, delays: [] as number[] })
  }
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
    for (const { origin, clients, delays } of repeat % 2 === 0 ? sides : sides.toReversed()) {
      const written = await origin.child.ask<number>('emit', { rounds, perSecond: Number(values['per-second']) })
      let taken = 0
      for (let waited = 0; taken < written && waited < 100; waited++) {
        const part = await clients.ask<number[]>('report')
        taken += part.length
        delays.push(...part)
        if (taken < written) await new Promise((resolve) => setTimeout(resolve, 50))
      }
      if (taken < written) console.log(`${written - taken} of ${written} events have not arrived`)
    }
  }
  for (const { proxy, delays } of sides) {
    const shown = [0.5, 0.9, 0.99].map((share) => percentile(delays, share).toFixed(2)).join(' / ')
    console.log(`${kind} ${proxy.name.padEnd(10)} p50 / p90 / p99 ${shown} ms of ${delays.length}`)
  }
  const [bare, engine] = sides.map(({ delays }) => percentile(delays, 0.99))
  console.log(`${kind} added at p99: ${((engine ?? 0) - (bare ?? 0)).toFixed(2)} ms, ${streams} streams`)
  await runs.stop()
}

await measure('sse')
await measure('ws')
