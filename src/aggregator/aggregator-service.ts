/**
 * AggregatorService: the aggregator with its duty cycle, sinks and admin server, driven by commands. Aggregator thread; the
 * thread's entry gives it its messages, tests drive it in process.
 */

import type {
  AdminAddress,
  AggregatorCommand,
  AggregatorFailure,
  AggregatorReport,
  AggregatorThreadData,
  ReloadAnswer,
  SubscribeCommand,
} from '../shared/aggregator-protocol.ts'
import { assertNever } from '../shared/assert.ts'
import type { BypassAnswer, BypassRequest } from '../shared/bypass.ts'
import { CountersView } from '../shared/counters/counters-view.ts'
import { RELOAD_TIMEOUT_MS } from '../shared/limits/aggregator.ts'
import { Doorbell } from '../shared/ring/doorbell.ts'
import { parseAdminAddress } from './admin/admin-address.ts'
import { AdminServer, type AdminSources } from './admin/admin-server.ts'
import { Aggregator } from './aggregator.ts'
import { DutyCycle } from './duty-cycle.ts'
import { FeedServer } from './feed/feed-server.ts'
import type { Log } from './log.ts'
import { MetricRegistry } from './metrics/metric-registry.ts'
import { metricSources } from './metrics/metric-sources.ts'
import { Questions } from './questions.ts'
import { SidecarServer } from './sidecar/sidecar-server.ts'
import { LineFile } from './sinks/line-file.ts'
import { LossNotice } from './sinks/loss-notice.ts'
import { NdjsonSink } from './sinks/ndjson-sink.ts'
import { STDOUT_PATH, StdoutTarget } from './sinks/stdout-target.ts'
import { SubscriptionSink } from './sinks/subscription-sink.ts'
import { failed, StartFailure } from './start-failure.ts'

export class AggregatorService {
  readonly #data: AggregatorThreadData
  readonly #report: (report: AggregatorReport) => void
  readonly #log: Log
  readonly #questions: Questions<BypassRequest, BypassAnswer>
  readonly #reloads: Questions<undefined, ReloadAnswer>
  readonly #aggregator: Aggregator
  readonly #counters: CountersView
  readonly #registry: MetricRegistry
  readonly #dutyCycle: DutyCycle
  readonly #subscriptions = new Map<number, SubscriptionSink>()
  #ndjson: NdjsonSink | undefined = undefined
  #admin: AdminServer | undefined = undefined
  #feed: FeedServer | undefined = undefined
  #sidecar: SidecarServer | undefined = undefined

  constructor(data: AggregatorThreadData, report: (report: AggregatorReport) => void) {
    const { instanceId, version, rings, options } = data
    this.#data = data
    this.#report = report
    this.#questions = new Questions((request, question) => report({ type: 'ask', request, question }))
    this.#reloads = new Questions((request) => report({ type: 'reload', request }), RELOAD_TIMEOUT_MS)
    this.#log = (level, message) => report({ type: 'log', level, message })
    this.#counters = new CountersView(data.counters)
    this.#aggregator = new Aggregator({
      instanceId,
      rings,
      metricHosts: options.metricHosts,
      redactFields: options.redactFields,
      redactQuery: options.redactQuery,
    })
    this.#registry = new MetricRegistry(
      metricSources({
        aggregator: this.#aggregator,
        counters: this.#counters,
        refusalCodes: options.refusalCodes,
        feedClients: () => this.#feed?.clients ?? 0,
        sidecarClients: () => this.#sidecar?.clients ?? 0,
        version,
        instanceId,
      }),
    )
    for (const subscription of data.subscriptions ?? []) this.#subscribe(subscription)
    this.#dutyCycle = new DutyCycle(
      () => this.#aggregator.poll(),
      () => this.#aggregator.rings.idle,
      new Doorbell(data.doorbell),
    )
  }

  /** Opens sinks and admin server, starts polling, and reports `started` or `failed`. */
  async start(): Promise<void> {
    try {
      await this.#openEvents()
      const adminAddress = await this.#openAdmin()
      const sidecarAddress = await this.#openSidecar()
      this.#dutyCycle.start()
      this.#report({ type: 'started', adminAddress, sidecarAddress })
    } catch (error) {
      await this.#close()
      this.#report({ type: 'failed', failure: failureOf(error) })
    }
  }

  /** Carries out a command; resolves to whether the thread goes on. What is answered is reported when it is done. */
  async execute(command: AggregatorCommand): Promise<boolean> {
    switch (command.type) {
      case 'subscribe':
        this.#subscribe(command)
        return true
      case 'unsubscribe':
        await this.#unsubscribe(command.id)
        return true
      case 'worker_lost':
        this.#aggregator.workerLost(command.worker, command.tickets)
        this.#report({ type: 'done', request: command.request })
        return true
      case 'flush':
        // Not waited for: a sink that is stuck must not keep the commands behind it, such as `close`, from being heard.
        void this.#flush(command.request)
        return true
      case 'reopen':
        this.#ndjson?.reopen()
        return true
      case 'answer':
        this.#questions.answer(command.request, command.answer)
        return true
      case 'reloaded':
        this.#reloads.answer(command.request, command.answer)
        return true
      case 'close':
        await this.#close()
        return false
      default:
        return assertNever(command, 'aggregator command')
    }
  }

  async #openEvents(): Promise<void> {
    const { events } = this.#data.options
    if (events === undefined) return
    const { file: path, rotateBytes, rotateKeep } = events
    try {
      const target =
        path === STDOUT_PATH
          ? await StdoutTarget.open(() => this.#report({ type: 'output_gone' }))
          : await LineFile.open({ path, rotateBytes, rotateKeep })
      this.#ndjson = new NdjsonSink(target, this.#lossNotice(), this.#log)
      this.#aggregator.sinks.add(this.#ndjson)
    } catch (error) {
      throw eventsFailure(path, error as NodeJS.ErrnoException)
    }
  }

  async #openAdmin(): Promise<AdminAddress | undefined> {
    const { admin, adminHosts } = this.#data.options
    if (admin === false) return undefined
    const address = parseAdminAddress(admin)
    if (address === undefined) {
      throw new StartFailure({ code: 'admin_address_invalid', what: 'is no admin address', where: admin, remedy: 'write host:port' })
    }
    await this.#openFeed()
    this.#admin = new AdminServer(this.#sources(), [address.host, ...adminHosts], this.#feed)
    try {
      return await this.#admin.listen(address)
    } catch (error) {
      throw listenFailure(admin, error as NodeJS.ErrnoException)
    }
  }

  #sources(): AdminSources {
    const { instanceId, version } = this.#data
    return {
      instanceId,
      version,
      contentType: this.#registry.contentType,
      metrics: () => this.#metrics(),
      state: () => this.#counters.state,
      flows: (limit) => this.#flows(limit),
      bypasses: (question) => this.#questions.ask(question),
    }
  }

  async #openSidecar(): Promise<string | undefined> {
    const { sidecar } = this.#data.options
    if (sidecar === undefined) return undefined
    const sinks = { sinks: this.#aggregator.sinks, lossNotice: () => this.#lossNotice() }
    try {
      this.#sidecar = await SidecarServer.open(sidecar, { ...this.#sources(), ...sinks, reload: () => this.#reloads.ask(undefined) })
      return await this.#sidecar.listen()
    } catch (error) {
      const what = `cannot serve the sidecar: ${(error as Error).message}`
      throw new StartFailure({
        code: 'sidecar_unavailable',
        what,
        where: sidecar.listen,
        remedy: 'choose another address for sidecar.listen',
      })
    }
  }

  async #openFeed(): Promise<void> {
    const { feed } = this.#data.options
    if (feed === undefined) return
    this.#feed = await FeedServer.open(feed, { sinks: this.#aggregator.sinks, lossNotice: () => this.#lossNotice() })
  }

  /** Takes what lies in the rings first, so that a scrape is never behind what has happened. */
  #metrics(): Promise<string> {
    this.#aggregator.poll()
    return this.#registry.expose()
  }

  #flows(limit: number): { open: number; flows: object[] } {
    this.#aggregator.poll()
    const { flows } = this.#aggregator
    const listed = flows.list(limit).map((flow) => ({
      ...flow.context,
      worker: flow.worker,
      protocol: flow.protocol,
      opened_unix_ms: flow.openedMs,
      next_flow_seq: flow.nextSeq,
      open_exchanges: flow.exchanges?.size ?? 0,
    }))
    return { open: flows.size, flows: listed }
  }

  #subscribe({ id, filter, queue, port }: SubscribeCommand): void {
    const sink = new SubscriptionSink(port, filter, queue, this.#lossNotice(), () => void this.#unsubscribe(id))
    this.#subscriptions.set(id, sink)
    this.#aggregator.sinks.add(sink)
  }

  async #unsubscribe(id: number): Promise<void> {
    const sink = this.#subscriptions.get(id)
    if (sink === undefined) return
    this.#subscriptions.delete(id)
    await this.#aggregator.sinks.remove(sink)
  }

  async #flush(request: number): Promise<void> {
    this.#aggregator.poll()
    for (const subscription of this.#subscriptions.values()) subscription.markFlush(request)
    await this.#aggregator.sinks.flush()
    this.#report({ type: 'done', request })
  }

  async #close(): Promise<void> {
    this.#dutyCycle.stop()
    while (this.#aggregator.poll() > 0);
    this.#feed?.close()
    await this.#aggregator.sinks.close()
    this.#questions.end()
    this.#reloads.end()
    await this.#sidecar?.close()
    await this.#admin?.close()
  }

  #lossNotice(): LossNotice {
    return new LossNotice(this.#data.instanceId, this.#aggregator.clock)
  }
}

function eventsFailure(path: string, error: NodeJS.ErrnoException): StartFailure {
  const what = `cannot write events: ${error.code === 'ENXIO' ? 'nobody reads this pipe (ENXIO)' : error.message}`
  const remedy = error.code === 'ENXIO' ? 'start its reader first' : 'name another file with --events'
  return new StartFailure({ code: 'events_file_unwritable', what, where: path, remedy })
}

function listenFailure(admin: string, error: NodeJS.ErrnoException): StartFailure {
  if (error.code === 'EADDRINUSE') {
    const what = 'the admin address is already in use (EADDRINUSE)'
    return new StartFailure({
      code: 'admin_address_in_use',
      what,
      where: admin,
      remedy: 'stop what listens there, or choose another with --admin',
    })
  }
  const what = `cannot listen on the admin address: ${error.message}`
  return new StartFailure({ code: 'admin_address_unavailable', what, where: admin, remedy: 'choose another with --admin' })
}

function failureOf(error: unknown): AggregatorFailure {
  if (error instanceof StartFailure) return { code: error.code, what: error.what, where: error.where, remedy: error.remedy }
  return failed((error as Error).message)
}
