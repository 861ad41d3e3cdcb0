/**
 * ClientStory: what a client did, written down by the millisecond, as the events that an engine would tell. For tests of whoever
 * judges clients by events.
 */

import type { SothEvent } from '../../src/shared/events/event.ts'

type Fields = readonly (readonly [string, string])[]

export interface ToldRequest {
  /** When it began, when its response's head came, when it ended: milliseconds. */
  readonly at: readonly [start: number, head: number, end: number]
  readonly method?: string
  readonly path?: string
  readonly host?: string
  readonly fields?: Fields
  /** Undefined: no response. */
  readonly status?: number
  readonly response?: Fields
  readonly reason?: string
  readonly fault?: { readonly kind: string; readonly profile?: string; readonly intended?: unknown; readonly applied?: unknown }
}

const DATE_MS = 1_700_000_000_000

export class ClientStory {
  readonly events: SothEvent[] = []
  #flows = 0

  /** Requests on one connection, one after another. */
  connection(...requests: readonly ToldRequest[]): this {
    const flow = `f${++this.#flows}`
    const [first] = requests
    const host = first?.host ?? 'a.example'
    this.#tell(flow, host, first?.at[0] ?? 0, { event: 'connect_received', method: 'CONNECT' })
    for (const [number, request] of requests.entries()) this.#exchange(flow, host, number + 1, request)
    this.#tell(flow, host, requests.at(-1)?.at[2] ?? 0, { event: 'stream_closed', close_reason: 'relay_eof' })
    return this
  }

  /** A connection that comes to nothing. */
  lost(at: readonly [start: number, end: number], reason: string, fault?: ToldRequest['fault'], host = 'a.example'): this {
    const flow = `f${++this.#flows}`
    this.#tell(flow, host, at[0], { event: 'connect_received', method: 'CONNECT' })
    if (fault !== undefined) this.#tell(flow, host, at[1], { event: 'fault_injected', rule: 'r', fault: 0, ...fault })
    this.#tell(flow, host, at[1], { event: 'stream_closed', close_reason: reason })
    return this
  }

  #exchange(flow: string, host: string, exchange: number, request: ToldRequest): void {
    const { at, method = 'POST', path = '/v1/messages', fields = [], status, response = [], reason = 'completed', fault } = request
    this.#tell(flow, host, at[0], { event: 'request_headers', exchange, method, path, fields })
    if (fault !== undefined) this.#tell(flow, host, at[0], { event: 'fault_injected', exchange, rule: 'r', fault: 0, ...fault })
    if (status !== undefined) this.#tell(flow, host, at[1], { event: 'response_headers', exchange, status, fields: response })
    this.#tell(flow, host, at[2], { event: 'stream_closed', exchange, status, close_reason: reason })
  }

  #tell(flow: string, host: string, ms: number, fields: object): void {
    const base = { schema: 1, flow_id: flow, flow_seq: 0, time_unix_ms: DATE_MS + ms, time_mono_ns: String(ms * 1_000_000), worker: 1 }
    const peers = { client_addr: '127.0.0.1:1', server_host: host, server_port: 443, protocol: 'http1' }
    this.events.push({ ...base, ...peers, ...fields } as unknown as SothEvent)
  }
}
