/**
 * AttemptLog: events in, the attempts of clients out, in the order in which they began. Pure. Main thread.
 */

import type { EventOf, SothEvent } from '../../shared/events/event.ts'
import { type Attempt, attemptNumberOf, type Injected, retryAfterOf, shouldRetryOf } from './attempt.ts'

const NS_PER_MS = 1_000_000

/** Ends of connections without a request that tell of no failure: the client had opened them for later, or they were tunnels. */
const QUIET_ENDS: ReadonlySet<string> = new Set(['relay_eof', 'client_reset', 'client_closed_early', 'idle_timeout', 'draining'])

interface Flow {
  readonly startMs: number
  readonly faults: Injected[]
  requests: number
}

export class AttemptLog {
  readonly #attempts: Attempt[] = []
  readonly #flows = new Map<string, Flow>()
  readonly #open = new Map<string, Attempt>()
  readonly #faults: Injected[] = []
  /** Told before the request that they were injected into, by exchange. */
  readonly #early = new Map<string, Injected[]>()
  #ended = 0

  get attempts(): readonly Attempt[] {
    return this.#attempts
  }

  get faults(): readonly Injected[] {
    return this.#faults
  }

  /** Exchanges, and connections that came to none, which are over. */
  get ended(): number {
    return this.#ended
  }

  /** Exchanges and connections that go on. */
  get open(): number {
    return this.#open.size + this.#flows.size
  }

  add(event: SothEvent): void {
    switch (event.event) {
      case 'connect_received':
        this.#flows.set(event.flow_id, { startMs: timeOf(event), faults: [], requests: 0 })
        return
      case 'request_headers':
        this.#begin(event)
        return
      case 'response_headers':
        this.#answer(event)
        return
      case 'fault_injected':
        this.#inject(event)
        return
      case 'stream_closed':
        this.#end(event)
        return
      default:
        return
    }
  }

  #begin(event: EventOf<'request_headers'>): void {
    const flow = this.#flows.get(event.flow_id)
    if (flow !== undefined) flow.requests++
    const attempt = attemptOf(event, { method: event.method ?? '', path: pathOf(event.path ?? ''), fields: event.fields ?? [] })
    const early = this.#early.get(keyOf(event)) ?? []
    this.#early.delete(keyOf(event))
    this.#faults.push(...early)
    attempt.faults.push(...(flow?.faults ?? []), ...early)
    this.#attempts.push(attempt)
    this.#open.set(keyOf(event), attempt)
  }

  #answer(event: EventOf<'response_headers'>): void {
    const attempt = this.#open.get(keyOf(event))
    if (attempt === undefined) return
    const fields = event.fields ?? []
    attempt.answeredMs = timeOf(event)
    attempt.status = event.status
    attempt.retryAfterMs = retryAfterOf(fields, event.time_unix_ms)
    attempt.shouldRetry = shouldRetryOf(fields)
  }

  /** What belongs to neither an exchange nor a connection of this log belongs to an earlier one, and is late. */
  #inject(event: Injected): void {
    if (isOfExchange(event)) {
      const attempt = this.#open.get(keyOf(event))
      if (attempt === undefined) this.#early.set(keyOf(event), [...(this.#early.get(keyOf(event)) ?? []), event])
      else {
        this.#faults.push(event)
        attempt.faults.push(event)
      }
      return
    }
    const flow = this.#flows.get(event.flow_id)
    if (flow === undefined) return
    this.#faults.push(event)
    flow.faults.push(event)
    for (const [key, attempt] of this.#open) if (key.startsWith(`${event.flow_id}/`)) attempt.faults.push(event)
  }

  #end(event: EventOf<'stream_closed'>): void {
    if (isOfExchange(event)) {
      const attempt = this.#open.get(keyOf(event))
      if (attempt === undefined) return
      this.#open.delete(keyOf(event))
      attempt.status ??= event.status
      this.#close(attempt, event)
      return
    }
    const flow = this.#flows.get(event.flow_id)
    this.#flows.delete(event.flow_id)
    if (flow === undefined || flow.requests > 0) return
    if (flow.faults.length === 0 && QUIET_ENDS.has(event.close_reason ?? '')) return
    const attempt = attemptOf(event, { method: 'CONNECT', path: '', fields: [] }, flow.startMs)
    attempt.faults.push(...flow.faults)
    this.#attempts.push(attempt)
    this.#close(attempt, event)
  }

  #close(attempt: Attempt, event: EventOf<'stream_closed'>): void {
    attempt.endMs = timeOf(event)
    attempt.reason = event.close_reason
    this.#ended++
  }
}

interface Asked {
  readonly method: string
  readonly path: string
  readonly fields: readonly (readonly [string, string])[]
}

function attemptOf(event: SothEvent, { method, path, fields }: Asked, startMs = timeOf(event)): Attempt {
  return {
    host: event.server_host,
    port: event.server_port,
    method,
    path,
    number: attemptNumberOf(fields),
    startMs,
    answeredMs: undefined,
    endMs: undefined,
    status: undefined,
    reason: undefined,
    retryAfterMs: undefined,
    shouldRetry: undefined,
    faults: [],
  }
}

type OfExchange = EventOf<'request_headers' | 'response_headers' | 'fault_injected' | 'stream_closed'>

function isOfExchange({ exchange, stream_id: stream }: OfExchange): boolean {
  return exchange !== undefined || stream !== undefined
}

function keyOf({ flow_id: flow, exchange, stream_id: stream }: OfExchange): string {
  return `${flow}/${stream ?? exchange}`
}

function pathOf(target: string): string {
  const [path = ''] = target.split('?')
  return path
}

function timeOf({ time_mono_ns: nanoseconds }: SothEvent): number {
  return Number(nanoseconds) / NS_PER_MS
}
