/**
 * The engine against itself, in the same run as the peers: what observation and the protocol cost a request. What the hand-off costs and what a second
 * shard gives is measured by the thread (support/scaling.ts): on two cores that carry origin and load as well, it is lost in the noise of
 * whole processes.
 */

import { type Contender, compare } from './compare.ts'
import type { OwnComparison } from './figures.ts'
import type { Peer } from './peer.ts'
import { sothWith } from './soth.ts'
import { HTTP2, HTTP2_FOUR_STREAMS, HTTP2_ONE_STREAM, SMALL, type Workload } from './workloads.ts'

interface Asked {
  readonly title: string
  readonly note?: string
  /** What every variant does, but those that have work of their own. */
  readonly workload: Workload
  readonly variants: readonly (Peer & { readonly workload?: Workload })[]
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
  {
    title: 'Protocols: the same small request, 16 on their way at a time',
    note: `One connection of many streams is how clients use HTTP/2 (RFC 9113 §9.1). What its requests spare is what they share: TLS records,
system calls, turns of the event loop. With one stream a connection nothing is shared, and HTTP/2 costs more than HTTP/1.1. How many come
together also depends on how busy origin, client and machine are.`,
    workload: SMALL,
    variants: [
      sothWith('HTTP/1.1, 16 connections', {}),
      { ...sothWith('HTTP/2, one connection of 16 streams', {}), workload: HTTP2 },
      { ...sothWith('HTTP/2, 4 connections of 4 streams', {}), workload: HTTP2_FOUR_STREAMS },
      { ...sothWith('HTTP/2, 16 connections of one stream', {}), workload: HTTP2_ONE_STREAM },
    ],
  },
]

export async function ownComparisons(start: (peer: Peer, version: string) => Promise<Contender>, rounds: number): Promise<OwnComparison[]> {
  const found: OwnComparison[] = []
  for (const { title, note, workload, variants } of COMPARISONS) {
    const contenders: Contender[] = []
    for (const variant of variants) {
      const contender = await start(variant, variant.version() ?? '')
      contenders.push(variant.workload === undefined ? contender : { ...contender, workload: variant.workload })
    }
    found.push({ title, note, unit: workload.unit, figures: await compare(workload, contenders, rounds) })
    for (const { load, running } of contenders) {
      await load.stop()
      await running.stop()
    }
  }
  return found
}
