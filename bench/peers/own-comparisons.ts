/**
 * The engine against itself, in the same run as the peers: what observation costs a request. What the hand-off costs and what a second
 * shard gives is measured by the thread (support/scaling.ts): on two cores that carry origin and load as well, it is lost in the noise of
 * whole processes.
 */

import { type Contender, compare } from './compare.ts'
import type { OwnComparison } from './figures.ts'
import type { Peer } from './peer.ts'
import { sothWith } from './soth.ts'
import { SMALL, type Workload } from './workloads.ts'

interface Asked {
  readonly title: string
  readonly workload: Workload
  readonly variants: readonly Peer[]
}

const COMPARISONS: readonly Asked[] = [
  {
    title: 'Observation: a small request with `observe` none, metadata (the default) and bodies',
    workload: SMALL,
    variants: [
      sothWith('observe: none', { observe: 'none' }),
      sothWith('observe: metadata', { observe: 'metadata' }),
      sothWith('observe: bodies', { observe: 'bodies' }),
    ],
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
