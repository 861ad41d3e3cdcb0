/**
 * Stage: what every load test plays on: the engine, origins and load in processes of their own, all on loopback, and a scraper.
 */

import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BenchPki, makeBenchPki } from '../bench/support/bench-pki.ts'
import { Child } from '../bench/support/child.ts'
import { type Origin, startOrigin } from '../bench/support/origin.ts'
import { descriptorCount, memoryBytes } from '../bench/support/process-tree.ts'
import { median } from '../bench/support/statistics.ts'
import type { Route } from '../bench/support/tunnel.ts'
import type { Criteria } from './criteria.ts'
import type { Exposition } from './exposition.ts'
import { Scraper } from './scraper.ts'

/** What a command line may set; every scenario bounds its work by these alone. */
export interface Bounds {
  readonly connections: number
  readonly concurrency: number
  readonly seconds: number
  readonly workers: number
}

/**
 * Sessions end in the engine a moment after their clients (of 9,000 at once, on two cores at a load average of 30, half were gone after
 * 15 s); flows are closed by the aggregator after that.
 */
const QUIET_DEADLINE_MS = 120_000
/** Descriptors that the first sessions bring about for good: doorbells, a resolver, files. */
const MOST_DESCRIPTORS_KEPT = 16
/** A worker that computes for longer keeps all its sessions waiting; a busy machine alone (load 35 on two cores) delays a timer by 0.2 s. */
const MOST_LOOP_DELAY_MS = 1_000
export const SERVERNAME = 'origin.test'

/** What the engine's process tells once it serves. */
interface Ready {
  readonly port: number
  readonly admin: string
  readonly ca: string
}

export class Stage {
  readonly pki: BenchPki
  readonly origin: Origin
  readonly engine: Child
  readonly scraper: Scraper
  readonly #proxyPort: number
  readonly #trust: string
  readonly #workers: number
  readonly #children: Child[] = []
  readonly #descriptors: number | undefined

  private constructor(pki: BenchPki, origin: Origin, engine: Child, ready: Ready, workers: number) {
    this.pki = pki
    this.origin = origin
    this.engine = engine
    this.scraper = new Scraper(ready.admin)
    this.#proxyPort = ready.port
    this.#trust = ready.ca
    this.#workers = workers
    this.#descriptors = descriptorCount(engine.pid)
  }

  static async open({ workers }: Bounds): Promise<Stage> {
    const pki = makeBenchPki()
    const origin = await startOrigin(pki)
    const options = {
      listen: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      workers,
      ca_dir: join(pki.folder, 'ca'),
      upstream: { extra_ca_file: pki.ca },
    }
    const { child, ready } = await Child.start<Ready>('processes/engine.js', [JSON.stringify(options)])
    const stage = new Stage(pki, origin, child, ready, workers)
    stage.scraper.start()
    return stage
  }

  /** Through the engine to a port on loopback; to the origin unless told otherwise. */
  route(port = this.origin.port): Route {
    return { port: this.#proxyPort, authority: `127.0.0.1:${port}` }
  }

  /** A load generator that trusts the engine's root, and, for what goes past it, the origins'. */
  async load(module: string): Promise<Child> {
    const { child } = await Child.start(module, [this.#trust, this.pki.ca])
    this.#children.push(child)
    return child
  }

  /** An origin, or another process of ours, that answers with the port it has taken. */
  async serve(
    module: string,
    args: readonly string[] = [this.pki.certificate, this.pki.key],
  ): Promise<{ readonly child: Child; readonly port: number }> {
    const { child, ready } = await Child.start<{ port: number }>(module, args)
    this.#children.push(child)
    return { child, port: ready.port }
  }

  /** Octets that the engine's process has resident. */
  memory(): number {
    return memoryBytes([this.engine.pid], 'now')
  }

  /** Descriptors that the engine has open beyond those of its beginning. */
  #descriptorsKept(): number {
    return (descriptorCount(this.engine.pid) ?? 0) - (this.#descriptors ?? 0)
  }

  /** The last scrape, once all connections have ended, those to origins too, or as it is when the deadline has passed. */
  async quiet(): Promise<Exposition> {
    const deadline = performance.now() + QUIET_DEADLINE_MS
    for (;;) {
      const found = await this.scraper.scrape()
      const open = found.sum('soth_mitm_connections_active') + found.sum('soth_mitm_flows_open')
      if ((open === 0 && this.#descriptorsKept() <= MOST_DESCRIPTORS_KEPT) || performance.now() > deadline) return found
      await sleep(200)
    }
  }

  /** What must hold after every load test. `requests`: exchanges that the clients have had, where they know. */
  async judge(criteria: Criteria, requests: number | undefined): Promise<void> {
    const found = await this.quiet()
    await this.scraper.stop()
    const { faults, scrapes, slowestMs, fullest, loopDelaysMs } = this.scraper
    const dropped = found.sum('soth_mitm_events_dropped_total')
    const active = found.sum('soth_mitm_connections_active')
    const open = found.sum('soth_mitm_flows_open')
    const flows = found.sum('soth_mitm_flows_total')
    const accepted = found.sum('soth_mitm_connections_accepted_total')
    const counted = found.sum('soth_mitm_requests_total')
    criteria.check(
      'no event dropped',
      dropped === 0,
      `${dropped} of ${found.sum('soth_mitm_events_total')}, rings at most ${(fullest * 100).toFixed(0)} % full`,
    )
    criteria.check('every connection and flow has ended', active === 0 && open === 0, `${active} connections, ${open} flows open`)
    criteria.check('as many flows as connections', flows === accepted, `${flows} flows, ${accepted} connections`)
    if (requests !== undefined)
      criteria.check('metrics agree with the clients', counted === requests, `${counted} requests counted, ${requests} made`)
    criteria.check(
      'scrapes sound, counters never fall',
      faults.length === 0,
      `${scrapes} scrapes, slowest ${slowestMs.toFixed(0)} ms${faults.length > 0 ? `: ${faults.slice(0, 3).join('; ')}` : ''}`,
    )
    if (this.#descriptors !== undefined) {
      const kept = this.#descriptorsKept()
      criteria.check('no descriptor left open', kept <= MOST_DESCRIPTORS_KEPT, `${kept} more than before`)
    }
    if (this.#workers > 0)
      criteria.check(
        `event loops late by at most ${MOST_LOOP_DELAY_MS} ms in the middle of all scrapes`,
        loopDelaysMs.length > 0 && median(loopDelaysMs) <= MOST_LOOP_DELAY_MS,
        `${median(loopDelaysMs).toFixed(0)} ms, ${Math.max(...loopDelaysMs).toFixed(0)} at most`,
      )
    const lost = found.sum('soth_mitm_workers_lost_total')
    criteria.check('no worker lost', lost === 0, String(lost))
  }

  async close(): Promise<void> {
    for (const child of this.#children) await child.stop()
    await this.engine.stop()
    await this.origin.stop()
    this.pki.remove()
  }
}
