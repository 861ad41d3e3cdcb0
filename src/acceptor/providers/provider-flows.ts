/**
 * ProviderFlows: the events of one provider connection as flows of ours. Main thread; writes into ring 0.
 *
 * Events that name the same `flow` are one flow, until a `flow_closed`, the end of the connection, or, the table being full, a
 * newer one; an event that names none is a flow by itself. Like every flow, each ends with one `stream_closed`.
 */

import type { ClientOutcome } from '../../shared/client-outcome.ts'
import type { CloseReason } from '../../shared/events/close-reasons.ts'
import { FlowCursor } from '../../shared/events/flow-cursor.ts'
import type { EventWriter } from '../../shared/events/record/record-writer.ts'
import { PROVIDER_FLOWS } from '../../shared/limits/providers.ts'
import { canonicalHost } from '../../shared/policy/hosts/host-name.ts'
import { clientIp, type ProviderEvent } from './provider-event.ts'

export interface ProviderFlowsOptions {
  readonly events: EventWriter
  readonly nextFlow: () => number
  /** For bypass learning: a client's judgement of a certificate, in flow number `flow`. */
  readonly record: (outcome: ClientOutcome, flow: number) => void
  readonly limit?: number
}

interface OpenFlow {
  readonly cursor: FlowCursor
  readonly openedAt: number
  context: string
  failed: boolean
}

export class ProviderFlows {
  readonly #options: ProviderFlowsOptions
  readonly #limit: number
  /** In the order in which they opened. */
  readonly #flows = new Map<string, OpenFlow>()

  constructor(options: ProviderFlowsOptions) {
    this.#options = options
    this.#limit = options.limit ?? PROVIDER_FLOWS
  }

  get size(): number {
    return this.#flows.size
  }

  /** Tells what a line said; `nowMs` is `performance.now()`. */
  accept(event: ProviderEvent, nowMs: number): void {
    const known = event.flow === undefined ? undefined : this.#flows.get(event.flow)
    if (event.event === 'flow_closed') {
      if (known !== undefined && event.flow !== undefined) this.#close(event.flow, known, 'completed', nowMs)
      return
    }
    const flow = known ?? this.#open(event.flow, nowMs)
    this.#address(flow, event, nowMs)
    this.#emit(flow, event, nowMs)
    if (event.flow === undefined) this.#end(flow, 'completed', nowMs)
  }

  /** Ends all flows: the provider, or the engine, goes. */
  end(reason: CloseReason, nowMs: number): void {
    for (const [key, flow] of this.#flows) this.#close(key, flow, reason, nowMs)
  }

  #open(key: string | undefined, nowMs: number): OpenFlow {
    const flow = { cursor: new FlowCursor(this.#options.nextFlow(), 0, 'tunnel'), openedAt: nowMs, context: '', failed: false }
    if (key === undefined) return flow
    for (const [oldest, open] of this.#flows) {
      if (this.#flows.size < this.#limit) break
      this.#close(oldest, open, 'limit_exceeded', nowMs)
    }
    this.#flows.set(key, flow)
    return flow
  }

  /** Tells the addresses, where the flow's last event had others. */
  #address(flow: OpenFlow, { client, host, port }: ProviderEvent, nowMs: number): void {
    const context = `${client} ${host} ${port}`
    if (flow.context === context) return
    flow.context = context
    this.#options.events.flowContext(flow.cursor, client, host, port, nowMs)
  }

  #emit(flow: OpenFlow, event: ProviderEvent, nowMs: number): void {
    const { events } = this.#options
    const { alert, alpn, cipher, detail, phase, provider, reason, side, sni, source, sub_reason, version } = event
    const identity = { side, source, provider }
    switch (event.event) {
      case 'tls_handshake_started':
        events.emit('tls_handshake_started', flow.cursor, { ...identity, sni }, nowMs)
        return
      case 'tls_handshake_succeeded':
        events.emit('tls_handshake_succeeded', flow.cursor, { ...identity, version, cipher, alpn }, nowMs)
        this.#record(flow, event)
        return
      case 'tls_handshake_failed':
        flow.failed = true
        events.emit('tls_handshake_failed', flow.cursor, { ...identity, reason, sub_reason, alert, phase, detail }, nowMs)
        this.#record(flow, event)
    }
  }

  #record(flow: OpenFlow, { client, host, provider, reason, side, source }: ProviderEvent): void {
    if (side !== 'client') return
    const outcome = { client: clientIp(client), host: canonicalHost(host), provider, side, source, reason }
    this.#options.record(outcome, flow.cursor.number)
  }

  #close(key: string, flow: OpenFlow, reason: CloseReason, nowMs: number): void {
    this.#flows.delete(key)
    this.#end(flow, reason, nowMs)
  }

  #end(flow: OpenFlow, reason: CloseReason, nowMs: number): void {
    const closeReason = reason === 'completed' && flow.failed ? 'tls_handshake_failed' : reason
    this.#options.events.emit('stream_closed', flow.cursor, { close_reason: closeReason, duration_ms: nowMs - flow.openedAt }, nowMs)
  }
}
