/**
 * RingSet: the order in which one consumer drains the acceptor's ring (0) and the workers' (1…N).
 *
 * What the acceptor tells of a flow must come out before what the worker tells of it. One poll:
 *
 *     1. snapshot the tails of rings 1…N
 *     2. drain ring 0, up to its tail as it is *then*
 *     3. drain rings 1…N, up to the snapshots
 *
 * Why that is enough. Let A be an acceptor's record of a flow and W a worker's. The acceptor stores tail(A), then posts the
 * ticket; the worker receives it, then stores tail(W): so tail(A) happens before tail(W). A poll that delivers W in step 3
 * loaded, in step 1, a tail at or behind W's, so tail(W) happens before that load, and the load comes before step 2 loads the
 * tail of ring 0. By transitivity step 2 sees A. A worker's record that is published later than step 1 waits for the next
 * poll, even where ring 0 would have been drained already.
 *
 * The reverse (a record of the acceptor *after* a worker's of the same flow) has no such order: a flow that was handed off
 * belongs to its worker. What ends the flows of a lost worker is told by the consumer, after `drainRing`. Aggregator thread.
 */

import { invariant } from '../assert.ts'
import type { RecordHandler, RingConsumer } from './ring-consumer.ts'

export class RingSet {
  readonly rings: readonly RingConsumer[]
  readonly #snapshots: Int32Array

  /** `rings[0]` is the acceptor's. */
  constructor(rings: readonly RingConsumer[]) {
    invariant(rings.length > 0 && rings.every((ring, n) => ring.number === n), 'rings stand at their own number, the acceptor first')
    this.rings = rings
    this.#snapshots = new Int32Array(rings.length)
  }

  /** Drains all rings in the order above; returns how many records were handed to `handler`. */
  poll(handler: RecordHandler): number {
    const { rings } = this
    const snapshots = this.#snapshots
    for (let n = 1; n < rings.length; n++) snapshots[n] = this.#ring(n).snapshotTail()
    let records = this.#ring(0).drain(handler)
    for (let n = 1; n < rings.length; n++) records += this.#ring(n).drainUpTo(snapshots[n] as number, handler)
    return records
  }

  /** Drains ring `n` to its end, after ring 0: for a worker that is known to have stopped. */
  drainRing(n: number, handler: RecordHandler): number {
    const snapshot = this.#ring(n).snapshotTail()
    const records = this.#ring(0).drain(handler)
    return records + (n === 0 ? 0 : this.#ring(n).drainUpTo(snapshot, handler))
  }

  /** Whether no ring holds a record: what `Doorbell.park` asks. */
  get idle(): boolean {
    for (const ring of this.rings) if (ring.fill !== 0) return false
    return true
  }

  #ring(n: number): RingConsumer {
    return this.rings[n] as RingConsumer
  }
}
