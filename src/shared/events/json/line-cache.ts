/**
 * LineCache: the parts of an NDJSON line that the lines before it had too, as octets: a flow's identity and addresses, and the
 * time, which all events of one socket read share. Bounded by a fixed number of slots; a miss costs one rendering.
 * Aggregator thread.
 */

import type { FlowContext } from '../record/record-reader.ts'

/** Flows remembered; two whose numbers fall into one slot take turns. About 300 octets each. */
const SLOTS = 1_024
/** Two times of at most 20 digits with their keys. */
const TIME_BYTES = 128

/** `"flow_id"`, and from `client_addr` to `protocol`, of the events of one flow. */
export class FlowTexts {
  readonly context: FlowContext
  readonly worker: number
  readonly protocol: string
  readonly id: Uint8Array
  readonly addresses: Uint8Array

  constructor(context: FlowContext, worker: number, protocol: string, id: Uint8Array, addresses: Uint8Array) {
    this.context = context
    this.worker = worker
    this.protocol = protocol
    this.id = id
    this.addresses = addresses
  }
}

export class LineCache {
  readonly time: Buffer = Buffer.alloc(TIME_BYTES)
  timeLength = 0
  readonly #flows: (FlowTexts | undefined)[] = new Array<FlowTexts | undefined>(SLOTS).fill(undefined)
  #timeMs = Number.NaN
  #worker = -1

  /** Whether `time` holds the time of the last event of `worker`, of which this is one. Else it is to be filled for it. */
  hasTime(worker: number, timeMs: number): boolean {
    if (timeMs === this.#timeMs && worker === this.#worker) return true
    this.#timeMs = timeMs
    this.#worker = worker
    return false
  }

  /** The texts of `flow`, if they are still those of its context, worker and protocol. */
  find(flow: number, context: FlowContext, worker: number, protocol: string): FlowTexts | undefined {
    const texts = this.#flows[flow % SLOTS]
    return texts?.context === context && texts.worker === worker && texts.protocol === protocol ? texts : undefined
  }

  keep(flow: number, texts: FlowTexts): void {
    this.#flows[flow % SLOTS] = texts
  }
}
