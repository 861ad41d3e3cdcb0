/**
 * Memory of the engine per held event stream, and whether it grows while events pass.
 *
 *     node dist/test/stress/held-streams.js [--streams 9000] [--observe metadata] [--rounds 4] [--per-second 4000]
 */

import { parseArgs } from 'node:util'
import { StreamRuns } from './stream-runs.ts'

const { values } = parseArgs({
  options: {
    streams: { type: 'string', default: '9000' },
    observe: { type: 'string', default: 'metadata' },
    rounds: { type: 'string', default: '4' },
    'per-second': { type: 'string', default: '4000' },
  },
})
const streams = Number(values.streams)
const runs = new StreamRuns()
const engine = await runs.engine({ observe: values.observe })
const origin = await runs.origin()
const clients = await runs.clients(engine)
const run = { proxyPort: engine.port, originPort: origin.port }

async function resident(): Promise<number> {
  await engine.child.ask('gc')
  return (await engine.child.ask<NodeJS.MemoryUsage>('memory')).rss
}

// Code, caches and pools that come with the first streams are not theirs.
await clients.ask('openAll', { ...run, streams: 64 })
await origin.child.ask('emit', { rounds: 20, perSecond: 2000 })
const before = await resident()
for (let opened = 0; opened < streams; opened += 1000) await clients.ask('openAll', { ...run, streams: Math.min(1000, streams - opened) })
const held = await resident()
console.log(`${streams} streams: ${((held - before) / streams / 1024).toFixed(1)} KB each`)
for (let round = 1; round <= Number(values.rounds); round++) {
  await origin.child.ask('emit', { rounds: 1, perSecond: Number(values['per-second']) })
  const now = await resident()
  const events = (await clients.ask<number[]>('report')).length
  console.log(`after round ${round} (${events} events): ${((now - before) / streams / 1024).toFixed(1)} KB each`)
}
await clients.ask('closeAll')
await runs.stop()
