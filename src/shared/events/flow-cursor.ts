/**
 * FlowCursor: what a producer keeps per flow to number its events. One instance per flow and thread; handed from the
 * acceptor to the worker inside the ticket. No thread of its own.
 */

import type { FaultMarks } from './fault-marks.ts'
import { PROTOCOLS, type Protocol } from './protocols.ts'

/** What every event of a flow repeats: told once, by a flow context record. */
export interface FlowAddresses {
  readonly client_addr: string
  readonly server_host: string
  readonly server_port: number
}

/**
 * The number that stands for the engine itself: what belongs to no connection is told as its events. Only the main thread
 * writes them, and it has no end. Each sink numbers them anew, together with its own notices of losses.
 */
export const ENGINE_FLOW = 0

export class FlowCursor {
  /** Engine-wide flow number, from 1 (0: `ENGINE_FLOW`); the public `flow_id` is made of it and of the engine's instance id. */
  readonly number: number
  /** The next flow_seq. */
  seq: number
  /** The first flow_seq lost to a full ring and not yet announced, or −1. */
  droppedFrom = -1
  /** A flow context that found no room: written before the flow's next event. */
  owedContext: FlowAddresses | undefined = undefined
  /** The index of `protocol`: what its records say. */
  protocolIndex = 0
  /** HTTP/2 below, so that streams are numbered by `stream_id` whatever `protocol` says (a gRPC or SSE label, for instance). */
  multiplexed = false
  /** What of the flow a fault was injected into; nearly always nothing. */
  faults: FaultMarks | undefined = undefined

  constructor(number: number, seq: number, protocol: Protocol) {
    this.number = number
    this.seq = seq
    this.protocol = protocol
  }

  get protocol(): Protocol {
    return PROTOCOLS[this.protocolIndex] as Protocol
  }

  set protocol(protocol: Protocol) {
    this.protocolIndex = PROTOCOLS.indexOf(protocol)
  }
}
