/**
 * EngineHarness: a real engine on free ports with a CA of its own, every event that it tells, and the laws that these and the
 * metrics must keep whatever has passed (`checkLaws`).
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Test } from 'tap'
import { request } from 'undici'
import type { Engine } from '../../src/engine-types.ts'
import { createEngine } from '../../src/index.ts'
import type { EventOf, SothEvent } from '../../src/shared/events/event.ts'
import type { EventName } from '../../src/shared/events/schema.ts'
import type { EngineOptionsInput } from '../../src/shared/options/schema.ts'
import { isEngineFlow, lawBreaches, metricBreaches } from './recorders/event-laws.ts'
import { type Exposition, parseExposition } from './recorders/parse-exposition.ts'
import { ORIGIN_ROOT } from './test-origin.ts'

/** Events that may wait for the test: none may be lost. */
const QUEUE = 1_000_000
const SETTLE_DEADLINE_MS = 300_000
/** How long a refused client may linger, and some more. */
const LINGER_MS = 300_000

export class EngineHarness {
  readonly engine: Engine
  readonly events: SothEvent[] = []
  readonly logged: string[] = []
  readonly directory: string
  /** The options that it was made with, for a `reload` that changes some. */
  readonly options: EngineOptionsInput
  /** Bound addresses, in the order of `listen`. */
  listen: readonly string[] = []
  /** Of the first. */
  proxyPort = 0
  admin = ''
  caFile = ''
  caPem = ''

  private constructor(directory: string, options: EngineOptionsInput) {
    this.directory = directory
    const rootFile = join(directory, 'origin-root.pem')
    writeFileSync(rootFile, ORIGIN_ROOT.certificatePem)
    const { upstream, ...rest } = options
    this.options = {
      listen: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      workers: 1,
      ca_dir: join(directory, 'ca'),
      upstream: { extra_ca_file: rootFile, ...upstream },
      ...rest,
    }
    this.engine = createEngine(this.options, { log: (level, message) => this.logged.push(`${level}: ${message}`) })
    this.engine.subscribe({}, (event) => void this.events.push(event), { queue: QUEUE })
  }

  /** Starts an engine that ends with the test. */
  static async start(t: Test, options: EngineOptionsInput = {}): Promise<EngineHarness> {
    const harness = new EngineHarness(t.testdir(), options)
    const addresses = await harness.engine.start()
    t.teardown(() => harness.engine.close())
    harness.listen = addresses.listen
    harness.proxyPort = harness.portOf(0)
    harness.admin = addresses.admin ?? ''
    harness.caFile = addresses.ca.certPath
    harness.caPem = readFileSync(addresses.ca.certPath, 'utf8')
    return harness
  }

  /** The port of the n-th bound address. */
  portOf(n: number): number {
    return Number(/:(\d+)$/.exec(this.listen[n] ?? '')?.[1] ?? 0)
  }

  get proxyUrl(): string {
    return `http://127.0.0.1:${this.proxyPort}`
  }

  /** Events of one name, oldest first: flows on two workers are told in the order in which their rings are read. */
  named<Name extends EventName>(name: Name): EventOf<Name>[] {
    const named = this.events.filter((event): event is EventOf<Name> & SothEvent => event.event === name)
    return named.toSorted((one, other) => Number(one.time_mono_ns) - Number(other.time_mono_ns))
  }

  /** The terminal events of flows. */
  flowEnds(): EventOf<'stream_closed'>[] {
    return this.named('stream_closed').filter((event) => event.exchange === undefined && event.stream_id === undefined)
  }

  /** The terminal events of exchanges and streams. */
  exchangeEnds(): EventOf<'stream_closed'>[] {
    return this.named('stream_closed').filter((event) => event.exchange !== undefined || event.stream_id !== undefined)
  }

  /** Waits until every flow has ended, and at least `flows` have. */
  async settled(flows: number): Promise<void> {
    for (const deadline = performance.now() + SETTLE_DEADLINE_MS; performance.now() < deadline; await delay(10)) {
      await this.engine.flush()
      const begun = new Set(this.events.map((event) => event.flow_id).filter((id) => !isEngineFlow(id))).size
      const ended = this.flowEnds().length
      if (ended >= flows && ended === begun) return
    }
    const ended = new Set(this.flowEnds().map((event) => event.flow_id))
    const open = this.events.filter((event) => !ended.has(event.flow_id) && !isEngineFlow(event.flow_id))
    throw new Error(`${ended.size} of ${flows} flows ended: ${JSON.stringify((open.length > 0 ? open : this.events).slice(-8))}`)
  }

  async metrics(): Promise<Exposition> {
    const { body } = await request(`http://${this.admin}/metrics`)
    return parseExposition(await body.text())
  }

  /** The laws, once all flows are over: lifecycles without gaps, and metrics that agree with the events to the request. */
  async checkLaws(t: Test, flows: number): Promise<void> {
    await this.settled(flows)
    t.same(lawBreaches(this.events), [], 'the lifecycles keep the laws')
    let breaches = metricBreaches(this.events, await this.metrics())
    // A session counts as open until its client has read its last bytes and closed, which is after its terminal event.
    for (const deadline = performance.now() + LINGER_MS; breaches.length > 0 && performance.now() < deadline; await delay(50)) {
      breaches = metricBreaches(this.events, await this.metrics())
    }
    t.same(breaches, [], 'the metrics agree with the events')
  }

  /** Forgets the events so far; the metrics go on, so `checkLaws` no longer fits. */
  forget(): void {
    this.events.length = 0
  }
}
