/**
 * Compares contenders in one workload: each warmed up by the same CPU time, then rounds in turn, their order reversed every other time.
 */

import { messageOf } from '../../src/shared/errors.ts'
import { median, spreadOf } from '../support/statistics.ts'
import type { Outcome } from '../support/tally.ts'
import type { Figure } from './figures.ts'
import type { Peer, RunningPeer } from './peer.ts'
import { inUnit, type Subject, type Workload } from './workloads.ts'

export interface Contender extends Subject {
  readonly peer: Peer
  readonly version: string
  readonly running: RunningPeer
  /** What it does in the place of what the others do. */
  readonly workload?: Workload
}

/** CPU time of one round: long against the kernel's tick of 10 ms, short enough that rounds interleave. */
const ROUND_CPU_US = 600_000
/** CPU time of a warm-up: programs whose compiler works while they run are at their steady cost by then (25,000 small requests). */
const WARM_UP_CPU_US = 1_200_000
/** So that a peer which mostly waits is not warmed up for ever. */
const WARM_UP_MS = 12_000

interface Entry {
  readonly contender: Contender
  readonly workload: Workload
  count: number
  readonly costs: number[]
  done: number
  failed: number
  failures: Readonly<Record<string, number>>
  /** Operations per second of each round. */
  readonly rates: number[]
}

export async function compare(workload: Workload, all: readonly Contender[], rounds: number): Promise<Figure[]> {
  const entries: Entry[] = []
  for (const contender of all.filter(({ peer }) => peer.only === undefined || peer.only.includes(workload.name))) {
    const work = contender.workload ?? workload
    const entry: Entry = { contender, workload: work, count: work.warmUp, costs: [], done: 0, failed: 0, failures: {}, rates: [] }
    entries.push(entry)
    await attempt(entry, () => warmUp(entry))
  }
  for (let round = 0; round < rounds; round++) {
    for (const entry of round % 2 === 0 ? entries : entries.toReversed()) {
      // A peer that cannot do the work would only waste the time of the others.
      if (entry.failed > entry.done) continue
      // Some peers close what is idle while others have their turn: every round has fresh connections, opened before it counts.
      await attempt(entry, async () => {
        await entry.contender.load.ask('close')
        await entry.workload.open?.(entry.contender)
        await runRound(entry)
      })
    }
  }
  for (const entry of entries) await attempt(entry, () => entry.contender.load.ask('close'))
  return entries.map(({ contender, count, costs, rates, failed, failures }) => ({
    peer: contender.peer.name,
    ...spreadOf(costs),
    costs,
    operations: count * costs.length,
    perSecond: median(rates),
    failed,
    failures: reasonsOf(failures),
  }))
}

/** A contender that fails is told of, and the run goes on without it. */
async function attempt(entry: Entry, work: () => Promise<unknown>): Promise<void> {
  try {
    await work()
  } catch (error) {
    entry.failed = entry.done + 1
    entry.failures = { ...entry.failures, [messageOf(error)]: 1 }
  }
}

async function warmUp(entry: Entry): Promise<void> {
  const { contender, workload } = entry
  const opened = await workload.open?.(contender)
  // Its connections that opened are no operations of the workload.
  if (opened !== undefined) note(entry, { ...opened, done: 0 })
  const started = performance.now()
  let spent = 0
  let last = 0
  do {
    const before = await contender.running.cpu()
    note(entry, await workload.round(contender, entry.count))
    last = Math.max(10_000, (await contender.running.cpu()) - before)
    spent += last
    // Larger batches as the cost becomes known: the kernel counts in ticks of 10 ms.
    const wanted = (Math.min(ROUND_CPU_US, WARM_UP_CPU_US - spent) / last) * entry.count
    if (spent < WARM_UP_CPU_US) entry.count = bounded(workload, wanted)
  } while (spent < WARM_UP_CPU_US && performance.now() - started < WARM_UP_MS && entry.failed <= entry.done)
  entry.count = bounded(workload, (ROUND_CPU_US / last) * entry.count)
}

async function runRound(entry: Entry): Promise<void> {
  const { contender, workload, count } = entry
  const before = await contender.running.cpu()
  const outcome = await workload.round(contender, count)
  const micros = (await contender.running.cpu()) - before
  entry.costs.push(inUnit(workload.unit, micros / (Math.max(1, outcome.done) * workload.unitsPerOperation)))
  entry.rates.push(outcome.done / outcome.seconds)
  note(entry, outcome)
}

function note(entry: Entry, { done, failed, failures }: Outcome): void {
  entry.done += done
  entry.failed += failed
  entry.failures = { ...entry.failures, ...failures }
}

const REASONS_SHOWN = 2
const REASON_CHARACTERS = 90

/** What was said of failures, for one cell of a table: counters and ports left out, so that each reason stands there once. */
function reasonsOf(failures: Readonly<Record<string, number>>): string[] {
  const short = Object.keys(failures).map((reason) => {
    const alert = /alert [a-z ]+/.exec(reason)?.[0]
    return (alert ?? reason.split('\n')[0] ?? '').replace(/(?<!HTTP\/|status )\d+/g, 'N').slice(0, REASON_CHARACTERS)
  })
  return [...new Set(short)].slice(0, REASONS_SHOWN)
}

function bounded({ atLeast, atMost }: Workload, count: number): number {
  return Math.min(atMost, Math.max(atLeast, Math.round(count)))
}
