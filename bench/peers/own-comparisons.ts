/**
 * The engine against itself, in the same run as the peers: what the hand-off to another thread costs a connection, what observation
 * costs a request, and what a second shard gives.
 */

import { type Contender, compare } from './compare.ts'
import type { OwnComparison } from './figures.ts'
import type { Peer } from './peer.ts'
import { sothWith } from './soth.ts'
import { CONNECTION, SMALL, type Workload } from './workloads.ts'

interface Asked {
  readonly title: string
  readonly workload: Workload
  readonly variants: readonly Peer[]
}

const COMPARISONS: readonly Asked[] = [
  {
    title: 'Hand-off: a new connection whose session runs inline, and on a worker',
    workload: CONNECTION,
    variants: [sothWith('inline', { workers: 0 }), sothWith('one worker', { workers: 1 })],
  },
  {
    title: 'Observation: a small request with `observe` none, metadata (the default) and bodies',
    workload: SMALL,
    variants: [
      sothWith('observe: none', { observe: 'none' }),
      sothWith('observe: metadata', { observe: 'metadata' }),
      sothWith('observe: bodies', { observe: 'bodies' }),
    ],
  },
  {
    title: 'Shards: small requests on one worker and on two',
    workload: SMALL,
    variants: [sothWith('one worker', { workers: 1 }), sothWith('two workers', { workers: 2 })],
  },
]

export async function ownComparisons(start: (peer: Peer, version: string) => Promise<Contender>, rounds: number): Promise<OwnComparison[]> {
  const found: OwnComparison[] = []
  for (const { title, workload, variants } of COMPARISONS) {
    const contenders: Contender[] = []
    for (const variant of variants) contenders.push(await start(variant, variant.version() ?? ''))
    found.push({ title, unit: workload.unit, figures: await compare(workload, contenders, rounds) })
    for (const { load, running } of contenders) {
      await load.stop()
      await running.stop()
    }
  }
  return found
}
