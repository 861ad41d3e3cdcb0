/**
 * FlowTable: what the aggregator remembers of each open flow, so that records need not repeat it. Aggregator thread.
 *
 * An entry is made by the flow's context record and removed by its terminal event. Bounded: beyond the limit the oldest
 * entry goes, counted; events of a flow that has no entry are still delivered, with empty addresses.
 */

import { ENGINE_FLOW, type FlowAddresses } from '../../shared/events/flow-cursor.ts'
import { PROTOCOLS, type Protocol } from '../../shared/events/protocols.ts'
import type { FlowContext } from '../../shared/events/record/record-reader.ts'
import { FLOW_OPEN_EXCHANGES, FLOW_TABLE_FLOWS } from '../../shared/limits/aggregator.ts'
import { RecentMap } from '../../shared/recent-map.ts'

const NO_ADDRESSES: FlowAddresses = { client_addr: '', server_host: '', server_port: 0 }

export interface OpenExchange {
  readonly protocol: Protocol
  /** Numbered by `stream_id`, not by `exchange`. */
  readonly multiplexed: boolean
}

/** One object per kind of exchange, shared by all of them. */
const MULTIPLEXED = openExchanges(true)
const SERIAL = openExchanges(false)

/** One flow. Fields change as its records come. */
export class Flow {
  readonly number: number
  context: FlowContext
  /** Ring of the last record: 0 while the acceptor has it, then its worker's. */
  worker = 0
  /** The flow_seq after the last one seen. */
  nextSeq = 0
  protocol: Protocol = 'tunnel'
  /** What policy last decided, as an index into ACTIONS, or −1. */
  decision = -1
  /** Wall time of the first record, ms since the epoch. */
  openedMs = 0
  /** Open exchanges and streams by number; made when the first one opens. */
  exchanges: Map<number, OpenExchange> | undefined = undefined
  /** Code of the last violation that ended an exchange of the flow. */
  violation: string | undefined = undefined

  constructor(number: number, id: string, addresses: FlowAddresses) {
    this.number = number
    this.context = { flow_id: id, ...addresses }
  }

  get id(): string {
    return this.context.flow_id
  }

  setAddresses(addresses: FlowAddresses): void {
    this.context = { flow_id: this.id, ...addresses }
  }

  openExchange(stream: number, protocol: Protocol, multiplexed: boolean): void {
    this.exchanges ??= new Map()
    if (this.exchanges.size < FLOW_OPEN_EXCHANGES) this.exchanges.set(stream, (multiplexed ? MULTIPLEXED : SERIAL)[protocol])
  }

  closeExchange(stream: number): void {
    this.exchanges?.delete(stream)
  }
}

export class FlowTable {
  /** Flows forgotten because the table was full. */
  evictions = 0
  readonly #instanceId: string
  /** The engine's own flow: never closed, listed or evicted. */
  readonly #engine: Flow
  /** In the order in which they opened. */
  readonly #flows: RecentMap<number, Flow>
  /** The flow that was asked for last: records of one flow come in runs. */
  #last: Flow | undefined = undefined

  constructor(instanceId: string, limit = FLOW_TABLE_FLOWS) {
    this.#instanceId = instanceId
    this.#flows = new RecentMap(limit)
    this.#engine = new Flow(ENGINE_FLOW, this.flowId(ENGINE_FLOW), NO_ADDRESSES)
  }

  get size(): number {
    return this.#flows.size
  }

  /** A context record: opens the flow, or gives an open one its new addresses (a plain connection that names another origin). */
  open(number: number, addresses: FlowAddresses): Flow {
    const known = this.find(number)
    if (known !== undefined) {
      known.setAddresses(addresses)
      return known
    }
    const flow = new Flow(number, this.flowId(number), addresses)
    if (this.#flows.put(number, flow) !== undefined) this.evictions++
    return flow
  }

  find(number: number): Flow | undefined {
    if (number === ENGINE_FLOW) return this.#engine
    if (this.#last?.number !== number) this.#last = this.#flows.get(number)
    return this.#last
  }

  /** A flow that the table does not know: never told of, or evicted. Not remembered. */
  unknown(number: number): Flow {
    return new Flow(number, this.flowId(number), NO_ADDRESSES)
  }

  close(number: number): void {
    this.#flows.delete(number)
    this.#last = undefined
  }

  /** The flows whose last record came from `worker`, oldest first. */
  ofWorker(worker: number): Flow[] {
    return [...this.#flows.values()].filter((flow) => flow.worker === worker)
  }

  /** At most `limit` open flows, oldest first. */
  list(limit: number): Flow[] {
    const flows: Flow[] = []
    for (const flow of this.#flows.values()) {
      if (flows.length >= limit) break
      flows.push(flow)
    }
    return flows
  }

  flowId(number: number): string {
    return `${this.#instanceId}-${number}`
  }
}

function openExchanges(multiplexed: boolean): Readonly<Record<Protocol, OpenExchange>> {
  return Object.fromEntries(PROTOCOLS.map((protocol) => [protocol, { protocol, multiplexed }])) as Record<Protocol, OpenExchange>
}
