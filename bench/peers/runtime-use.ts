/**
 * What exchanges and connections cost the runtime: garbage collection, allocation, event-loop delay, events and drops. Of our own Node processes,
 * with sessions on their main thread, because that one can be asked; beside them the bare relay.
 */

import type { Outcome } from '../support/tally.ts'
import type { Contender } from './compare.ts'
import type { RuntimeFigure } from './figures.ts'
import type { Peer } from './peer.ts'
import { bareRelay, sothWith } from './soth.ts'
import { WORKLOADS, type Workload } from './workloads.ts'

/** Small requests over HTTP/1.1 and HTTP/2, new connections, bodies of 1 MiB: with operations that take some seconds. */
const ASKED: Readonly<Record<string, number>> = { small: 20_000, http2: 20_000, connection: 800, '1m': 200 }
const WARM_UP_SHARE = 4

export async function runtimeUse(start: (peer: Peer, version: string) => Promise<Contender>): Promise<RuntimeFigure[]> {
  const figures: RuntimeFigure[] = []
  for (const peer of [sothWith('soth-mitm, inline', { workers: 0 }), bareRelay]) {
    const contender = await start(peer, peer.version() ?? '')
    try {
      for (const workload of WORKLOADS)
        if (ASKED[workload.name] !== undefined) figures.push(await measure(contender, workload, ASKED[workload.name] ?? 0))
    } finally {
      await contender.load.stop()
      await contender.running.stop()
    }
  }
  // The relay does not speak HTTP/2.
  return figures.filter(({ operations }) => operations > 0)
}

async function measure(contender: Contender, workload: Workload, operations: number): Promise<RuntimeFigure> {
  const { running } = contender
  await contender.load.ask('close')
  await workload.open?.(contender)
  await workload.round(contender, Math.ceil(operations / WARM_UP_SHARE))
  const before = await running.events?.()
  await running.runtime?.()
  const { done, failed }: Outcome = await workload.round(contender, operations)
  const use = await running.runtime?.()
  const after = await running.events?.()
  await contender.load.ask('close')
  const per = (amount: number | undefined) => (amount === undefined ? undefined : amount / Math.max(1, done))
  return {
    subject: contender.peer.name,
    workload: workload.title,
    operations: done,
    failed,
    gcPercent: use === undefined ? 0 : use.gcMs / use.seconds / 10,
    gcMicros: per((use?.gcMs ?? 0) * 1_000) ?? 0,
    allocatedKilobytes: per(use?.allocated === undefined ? undefined : use.allocated / 1_024),
    delay: use?.delay ?? { p50: 0, p99: 0, max: 0 },
    events: per(before === undefined || after === undefined ? undefined : after.told - before.told),
    dropped: before === undefined || after === undefined ? undefined : after.dropped - before.dropped,
  }
}
