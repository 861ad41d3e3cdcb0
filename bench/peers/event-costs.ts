/**
 * What events cost by themselves, for the report: the benchmarks of the ring and of the NDJSON sink, each in a process of its own.
 */

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { EventCosts } from './figures.ts'

const run = promisify(execFile)

export async function eventCosts(): Promise<EventCosts> {
  const ring = await bench<{ events: { event: string; writeNs: number }[]; crossingPerSecond: number }>('ring')
  const sink = await bench<{ name: string; perSecond: number }[]>('ndjson-sink')
  return {
    writeNs: Object.fromEntries(ring.events.map(({ event, writeNs }) => [event, writeNs])),
    crossingPerSecond: ring.crossingPerSecond,
    aggregatedPerSecond: Object.fromEntries(sink.map(({ name, perSecond }) => [name, perSecond])),
  }
}

async function bench<Found>(name: string): Promise<Found> {
  const { stdout } = await run(process.execPath, [fileURLToPath(new URL(`../${name}.bench.js`, import.meta.url)), '--json'])
  return JSON.parse(stdout) as Found
}
