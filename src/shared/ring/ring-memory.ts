/**
 * allocateRing: the memory of a ring, with the time origin that its records count from. Called once per ring, by the thread
 * that starts the producer; a producer that replaces a lost one goes on in the same memory. Main thread.
 */

import { invariant } from '../assert.ts'
import { RING_MAX_CAPACITY_BYTES, RING_MIN_CAPACITY_BYTES } from '../limits/ring.ts'
import { CONTROL_BYTES, MONO_ORIGIN_OFFSET, ringBytes, WALL_ORIGIN_OFFSET } from './ring-descriptor.ts'
import type { TimeOrigin } from './time-origin.ts'

/** A ring whose data region has `capacity` octets, a power of two. */
export function allocateRing(capacity: number, origin: TimeOrigin): SharedArrayBuffer {
  const memory = new SharedArrayBuffer(ringBytes(capacity))
  ringCapacity(memory)
  const view = new DataView(memory)
  view.setFloat64(WALL_ORIGIN_OFFSET, origin.wallMs, true)
  view.setBigInt64(MONO_ORIGIN_OFFSET, origin.monoNs, true)
  return memory
}

/** Octets of the data region of `memory`. */
export function ringCapacity(memory: SharedArrayBuffer): number {
  const capacity = memory.byteLength - CONTROL_BYTES
  invariant((capacity & (capacity - 1)) === 0, 'the capacity of a ring is a power of two')
  invariant(capacity >= RING_MIN_CAPACITY_BYTES && capacity <= RING_MAX_CAPACITY_BYTES, 'the capacity of a ring is within its bounds')
  return capacity
}

/** The time origin that was written when the ring was made. */
export function ringOrigin(memory: SharedArrayBuffer): TimeOrigin {
  const view = new DataView(memory)
  return { wallMs: view.getFloat64(WALL_ORIGIN_OFFSET, true), monoNs: view.getBigInt64(MONO_ORIGIN_OFFSET, true) }
}
