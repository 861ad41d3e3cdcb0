/**
 * Scraper: reads the engine's Prometheus endpoint over and over while a load test runs, and remembers what was wrong with it.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import { messageOf } from '../src/shared/errors.ts'
import { Exposition } from './exposition.ts'

const INTERVAL_MS = 500
/** Long: how slow a scrape was at worst is told; on a machine that is busy otherwise it may wait for its turn. */
const DEADLINE_MS = 60_000
/** Period of the timer by which workers see how late their event loop is; their figure holds it. */
const SAMPLING_MS = 20

export class Scraper {
  readonly #url: string
  readonly faults: string[] = []
  scrapes = 0
  slowestMs = 0
  /** The highest that the rings were filled at a scrape. */
  fullest = 0
  /** By how much the event loop of the latest worker was late at worst in the second before a scrape; none without workers. */
  readonly loopDelaysMs: number[] = []
  #last: Exposition | undefined = undefined
  #stopped = false
  #loop: Promise<void> = Promise.resolve()

  constructor(admin: string) {
    this.#url = `http://${admin}/metrics`
  }

  start(): void {
    this.#loop = this.#run()
  }

  /** One scrape, now. */
  async scrape(): Promise<Exposition> {
    const started = performance.now()
    const response = await fetch(this.#url, { signal: AbortSignal.timeout(DEADLINE_MS) })
    const found = new Exposition(await response.text())
    this.slowestMs = Math.max(this.slowestMs, performance.now() - started)
    this.scrapes++
    this.fullest = Math.max(this.fullest, found.highest('soth_mitm_ring_fill_ratio') ?? 0)
    const delay = found.highest('soth_mitm_worker_event_loop_delay_seconds', 'percentile="100"')
    if (delay !== undefined) this.loopDelaysMs.push(Math.max(0, delay * 1_000 - SAMPLING_MS))
    if (this.#last !== undefined) this.faults.push(...found.fallenSince(this.#last).map((key) => `${key} has fallen`))
    this.#last = found
    return found
  }

  async stop(): Promise<void> {
    this.#stopped = true
    await this.#loop
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      try {
        await this.scrape()
      } catch (error) {
        this.faults.push(messageOf(error))
      }
      await sleep(INTERVAL_MS)
    }
  }
}
