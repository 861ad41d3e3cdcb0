/**
 * EngineMemory: the memory that the engine's threads share, allocated once before any of them starts. Main thread.
 */

import { AcceptorCounters } from './shared/counters/acceptor-counters.ts'
import { allocateCounters, CountersView } from './shared/counters/counters-view.ts'
import { EventWriter } from './shared/events/record/record-writer.ts'
import { RING_CAPACITY_BYTES } from './shared/limits/ring.ts'
import { Doorbell } from './shared/ring/doorbell.ts'
import { allocateRing } from './shared/ring/ring-memory.ts'
import { RingProducer } from './shared/ring/ring-producer.ts'
import { threadOrigin } from './shared/ring/time-origin.ts'

export class EngineMemory {
  readonly doorbell = new Doorbell()
  /** Ring 0 is the acceptor's, ring n the n-th shard's. All count time from the main thread's origin. */
  readonly rings: readonly SharedArrayBuffer[]
  readonly counterMemory: SharedArrayBuffer
  readonly counters: AcceptorCounters
  readonly view: CountersView
  /** The acceptor's own writer. */
  readonly events: EventWriter

  constructor(shards: number) {
    const origin = threadOrigin()
    this.rings = Array.from({ length: shards + 1 }, () => allocateRing(RING_CAPACITY_BYTES, origin))
    this.counterMemory = allocateCounters(shards)
    this.counters = new AcceptorCounters(this.counterMemory)
    this.view = new CountersView(this.counterMemory)
    this.events = new EventWriter(new RingProducer(this.rings[0] as SharedArrayBuffer, this.doorbell), 0)
  }
}
