/**
 * BypassKeeper: bypass learning at work: given outcomes, a clock and the engine's own flow, into which it tells every step.
 * Main thread.
 *
 * Audits belong to no connection. They are events of flow 0, which stands for the engine itself: told from the main thread
 * alone, numbered there, and never closed. The addresses of the flow are set anew in front of each event.
 */

import type { Bypass, BypassAnswer, BypassRequest } from '../../shared/bypass.ts'
import type { ClientOutcome } from '../../shared/client-outcome.ts'
import { ENGINE_FLOW, FlowCursor } from '../../shared/events/flow-cursor.ts'
import type { EventWriter } from '../../shared/events/record/record-writer.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import { HostIndex } from '../../shared/policy/hosts/host-index.ts'
import { canonicalHost } from '../../shared/policy/hosts/host-name.ts'
import { parseHostPattern } from '../../shared/policy/hosts/host-pattern.ts'
import { BypassLearning, type LearningAudit, type LearningOptions } from './bypass-learning.ts'

export interface BypassKeeperOptions {
  readonly options: EngineOptions
  /** Writer of ring 0. */
  readonly events: EventWriter
  /** What flow ids begin with. */
  readonly instanceId: string
  /** Wall clock, milliseconds. */
  readonly now: () => number
}

export class BypassKeeper {
  readonly #learning: BypassLearning
  readonly #events: EventWriter
  readonly #instanceId: string
  readonly #now: () => number
  readonly #flow = new FlowCursor(ENGINE_FLOW, 0, 'tunnel')

  constructor({ options, events, instanceId, now }: BypassKeeperOptions) {
    this.#learning = new BypassLearning(learningOptions(options))
    this.#events = events
    this.#instanceId = instanceId
    this.#now = now
  }

  /** The outcome of a handshake of flow number `flow`. */
  record(outcome: ClientOutcome, flow: number): void {
    this.#tell(this.#learning.record(outcome, this.#now()), flow)
  }

  isBypassed(client: string, host: string): boolean {
    const { bypass, expired } = this.#learning.lookup(client, canonicalHost(host), this.#now())
    if (expired !== undefined) this.#tell([expired], ENGINE_FLOW)
    return bypass
  }

  /** What the admin API asks. */
  answer(request: BypassRequest): BypassAnswer {
    let revoked = 0
    if (request.kind === 'revoke') {
      const steps = this.#learning.revoke(canonicalHost(request.host), request.client)
      this.#tell(steps, ENGINE_FLOW)
      revoked = steps.length
    }
    return { revoked, bypasses: this.list() }
  }

  list(): readonly Bypass[] {
    return this.#learning.list(this.#now())
  }

  /** Tells of bypasses whose time is over; to be called now and then. */
  sweep(): void {
    this.#tell(this.#learning.sweep(this.#now()), ENGINE_FLOW)
  }

  reconfigure(options: EngineOptions): void {
    this.#tell(this.#learning.reconfigure(learningOptions(options)), ENGINE_FLOW)
  }

  #tell(steps: readonly LearningAudit[], flow: number): void {
    for (const step of steps) {
      const timeMs = performance.now()
      this.#events.flowContext(this.#flow, step.client, step.host, 0, timeMs)
      const related = flow === ENGINE_FLOW ? {} : { related_flow: `${this.#instanceId}-${flow}` }
      this.#events.emit('tls_learning_audit', this.#flow, { ...step, ...related }, timeMs)
    }
  }
}

function learningOptions({ learning }: EngineOptions): LearningOptions {
  const excluded = new HostIndex()
  for (const text of learning.exclude_hosts) excluded.add(parseHostPattern(text), 0)
  return {
    enabled: learning.enabled,
    window: learning.window,
    threshold: learning.threshold,
    ttlMs: learning.ttl_ms,
    capacity: learning.capacity,
    configured: learning.bypasses.map(({ client, host }) => ({ client, host: canonicalHost(host) })),
    isExcluded: (host) => excluded.holds(host),
  }
}
