/**
 * RecordClaim: the part of the event writer that every event shares: room, flow_seq, drops and their announcement, header.
 *
 * A full ring never blocks. The event is dropped and counted by its number, its flow_seq stays used, and the flow remembers
 * where the gap began; before the flow's next record that finds room comes `events_dropped {first_seq, count}`, so that the
 * reader can account for every number:
 *
 *     flow_seq   7        8 9 10          11                           12
 *                written  no room         events_dropped {8, 3}        written
 *
 * Room is kept in three tiers (`limits/ring.ts`): ordinary events; the ends of streams and exchanges; what ends a flow.
 * Acceptor or worker thread.
 */

import { ORDINARY_RESERVE_DIVISOR, STREAM_RESERVE_DIVISOR } from '../../limits/ring.ts'
import { RING_FULL, type RingProducer } from '../../ring/ring-producer.ts'
import type { FlowAddresses, FlowCursor } from '../flow-cursor.ts'
import { EVENTS } from '../schema.ts'
import { EVENT_CODECS } from './event-codecs.ts'
import { PayloadCursor } from './payload-cursor.ts'
import {
  FLAG_FAULTED,
  FLAG_MULTIPLEXED,
  FLAG_TRUNCATED,
  FLAGS_OFFSET,
  FLOW_CONTEXT_TYPE,
  FLOW_OFFSET,
  FLOW_SEQ_OFFSET,
  NO_STREAM,
  PAYLOAD_OFFSET,
  PROTOCOL_OFFSET,
  STREAM_OFFSET,
  TIME_OFFSET,
} from './record-descriptor.ts'

const EVENTS_DROPPED = EVENT_CODECS.events_dropped
/** Drop word of flow contexts, which have no event number. */
const CONTEXT_DROP_SLOT = 0
const CONTEXT_FIXED_BYTES = PAYLOAD_OFFSET + 3 * 4

const CLOSED = EVENTS.stream_closed.id
const PARSE_FAILED = EVENTS.connect_parse_failed.id
const HANDSHAKE_FAILED = EVENTS.tls_handshake_failed.id

export class RecordClaim {
  readonly payload: PayloadCursor
  readonly #ring: RingProducer
  readonly #shiftMs: number
  readonly #ordinaryReserve: number
  readonly #streamReserve: number
  #start = 0

  /** `shiftMs` is added to every time, so that it counts from the ring's origin (`originShiftMs`). */
  constructor(ring: RingProducer, shiftMs: number) {
    this.#ring = ring
    this.#shiftMs = shiftMs
    this.#ordinaryReserve = ring.capacity / ORDINARY_RESERVE_DIVISOR
    this.#streamReserve = ring.capacity / STREAM_RESERVE_DIVISOR
    this.payload = new PayloadCursor(ring.bytes, ring.view, ring.maxRecordBytes)
  }

  /**
   * Claims `length` octets for event number `id` of `flow` and writes the header; `payload` then stands at the first field.
   * `protocol` is the label (its index) of the exchange that the event belongs to, or the flow's own.
   * False: dropped and counted. Either way the event's flow_seq is used.
   */
  open(flow: FlowCursor, id: number, stream: number, timeMs: number, length: number, protocol: number): boolean {
    const reserve = this.#reserve(id, stream)
    if ((flow.droppedFrom !== -1 || flow.owedContext !== undefined) && !this.#settle(flow, timeMs, reserve)) return this.#drop(flow, id)
    const start = this.#ring.tryClaim(length, reserve)
    if (start === RING_FULL) return this.#drop(flow, id)
    this.#header(start, flow, stream, timeMs, protocol)
    flow.seq++
    return true
  }

  /** Publishes the record that `open` has claimed, as event number `id`. */
  commit(id: number): void {
    this.#ring.commit(id)
  }

  /** Marks the open record: one of its fields has been cut. */
  markTruncated(): void {
    this.#ring.bytes[this.#start + FLAGS_OFFSET] = (this.#ring.bytes[this.#start + FLAGS_OFFSET] as number) | FLAG_TRUNCATED
  }

  /** Writes a flow context; where there is no room, the flow owes it and it comes before the flow's next event. */
  context(flow: FlowCursor, addresses: FlowAddresses, timeMs: number): boolean {
    flow.owedContext = addresses
    if (this.#writeContext(flow, addresses, timeMs, this.#streamReserve)) return true
    this.#ring.countDrop(CONTEXT_DROP_SLOT)
    return false
  }

  #reserve(id: number, stream: number): number {
    if (id === CLOSED) return stream === NO_STREAM ? 0 : this.#streamReserve
    return id === PARSE_FAILED || id === HANDSHAKE_FAILED ? 0 : this.#ordinaryReserve
  }

  #drop(flow: FlowCursor, id: number): false {
    this.#ring.countDrop(id)
    if (flow.droppedFrom === -1) flow.droppedFrom = flow.seq
    flow.seq++
    return false
  }

  /** Writes what the flow owes, in the tier of the event that follows. */
  #settle(flow: FlowCursor, timeMs: number, reserve: number): boolean {
    if (flow.owedContext !== undefined && !this.#writeContext(flow, flow.owedContext, timeMs, reserve)) return false
    if (flow.droppedFrom === -1) return true
    const start = this.#ring.tryClaim(EVENTS_DROPPED.fixedBytes, reserve)
    if (start === RING_FULL) return false
    this.#header(start, flow, NO_STREAM, timeMs, flow.protocolIndex)
    this.payload.u32(flow.droppedFrom)
    this.payload.u32(flow.seq - flow.droppedFrom)
    this.#ring.commit(EVENTS_DROPPED.id)
    flow.droppedFrom = -1
    flow.seq++
    return true
  }

  #writeContext(flow: FlowCursor, addresses: FlowAddresses, timeMs: number, reserve: number): boolean {
    const { payload } = this
    const clientBytes = payload.stringBytes(addresses.client_addr)
    const hostBytes = payload.stringBytes(addresses.server_host)
    const start = this.#ring.tryClaim(CONTEXT_FIXED_BYTES + clientBytes + hostBytes, reserve)
    if (start === RING_FULL) return false
    this.#header(start, flow, NO_STREAM, timeMs, flow.protocolIndex)
    payload.string(addresses.client_addr, clientBytes)
    payload.string(addresses.server_host, hostBytes)
    payload.u32(addresses.server_port)
    this.#ring.commit(FLOW_CONTEXT_TYPE)
    flow.owedContext = undefined
    return true
  }

  #header(start: number, flow: FlowCursor, stream: number, timeMs: number, protocol: number): void {
    const { view } = this.#ring
    const { faults } = flow
    this.#start = start
    view.setFloat64(start + TIME_OFFSET, (faults === undefined ? timeMs : faults.notBefore(timeMs)) + this.#shiftMs, true)
    view.setFloat64(start + FLOW_OFFSET, flow.number, true)
    view.setUint32(start + FLOW_SEQ_OFFSET, flow.seq, true)
    let flags = flow.multiplexed ? FLAG_MULTIPLEXED : 0
    if (faults?.covers(stream) === true) flags |= FLAG_FAULTED
    view.setUint32(start + PROTOCOL_OFFSET, protocol | (flags << 8), true)
    view.setUint32(start + STREAM_OFFSET, stream, true)
    this.payload.at = start + PAYLOAD_OFFSET
  }
}
