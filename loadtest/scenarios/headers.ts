/**
 * headers: many and large fields both ways, close below and beyond the limits (shared/limits/layers/http1.ts: 65,536 octets, 256 lines), and
 * heads that come a few octets at a time. What is within the limits passes; what is beyond is refused, never hung.
 */

import type { Heads, HeadsOutcome } from '../processes/head-load.ts'
import type { Scenario } from '../scenario.ts'
import { SERVERNAME, type Stage } from '../stage.ts'

interface Case {
  readonly name: string
  readonly shape: Partial<Heads>
  readonly status: string
}

const CASES: readonly Case[] = [
  { name: '100 fields of 100 octets', shape: { fields: 100, octets: 100 }, status: '200' },
  { name: '250 fields', shape: { fields: 250, octets: 40 }, status: '200' },
  { name: '300 fields', shape: { fields: 300, octets: 40, requests: 1 }, status: '400,431' },
  { name: '64,000 octets', shape: { fields: 4, octets: 15_950 }, status: '200' },
  { name: '80,000 octets', shape: { fields: 4, octets: 20_000, requests: 1 }, status: '400,431' },
  { name: 'answer of 200 fields of 100 octets', shape: { answerFields: 200, answerOctets: 100 }, status: '200' },
  { name: 'answer of 80,000 octets', shape: { answerFields: 4, answerOctets: 20_000, requests: 1 }, status: '502' },
]
const TRICKLED: Partial<Heads> = { fields: 20, octets: 40, trickleOctets: 24, trickleMs: 5, requests: 2 }
const PLAIN = { requests: 4, fields: 5, octets: 20, answerFields: 5, answerOctets: 20, trickleOctets: 0, trickleMs: 0 }

export async function headersLoad(
  stage: Stage,
  count: number,
  concurrency: number,
): Promise<(name: string, shape: Partial<Heads>) => Promise<HeadsOutcome>> {
  const { port } = await stage.serve('../loadtest/origins/head-origin.js')
  const load = await stage.load('../loadtest/processes/head-load.js')
  return (_name, shape) =>
    load.ask('heads', {
      ...PLAIN,
      ...shape,
      route: stage.route(port),
      servername: SERVERNAME,
      connections: count,
      concurrency,
    } satisfies Heads)
}

export const headers: Scenario = {
  summary: 'many and large fields, near and beyond the limits, trickled heads',
  defaults: { connections: 50, concurrency: 10, seconds: 0, workers: 2 },
  run: async (stage, { connections, concurrency }, criteria) => {
    const send = await headersLoad(stage, connections, concurrency)
    for (const { name, shape, status } of CASES) {
      const found = await send(name, shape)
      const others = Object.keys(found).filter((seen) => !status.split(',').includes(seen))
      criteria.check(`${name}: ${status.replace(',', ' or ')}`, others.length === 0, JSON.stringify(found))
    }
    const before = await stage.engine.cpu()
    const found = await send('trickled', TRICKLED)
    const cpu = ((await stage.engine.cpu()) - before) / 1000 / connections
    criteria.check(
      'heads of 24 octets every 5 ms: 200',
      Object.keys(found).join() === '200',
      `${JSON.stringify(found)}, ${cpu.toFixed(1)} ms CPU per connection`,
    )
    await stage.judge(criteria, undefined)
  },
}
