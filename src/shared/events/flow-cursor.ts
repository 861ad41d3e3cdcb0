/**
 * FlowCursor: what a producer keeps per flow to number its events. One instance per flow and thread; handed from the
 * acceptor to the worker inside the ticket. No thread of its own.
 */

import type { Protocol } from './protocols.ts'

export class FlowCursor {
  /** Engine-wide flow number, from 1; the public `flow_id` is made of it and of the engine's instance id. */
  readonly number: number
  /** The next flow_seq. */
  seq: number
  /** The first flow_seq lost to a full ring and not yet announced, or −1. */
  droppedFrom = -1
  protocol: Protocol

  constructor(number: number, seq: number, protocol: Protocol) {
    this.number = number
    this.seq = seq
    this.protocol = protocol
  }
}
