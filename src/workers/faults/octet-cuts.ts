/**
 * OctetCuts: the faults that act once so many octets have passed, counted over the directions that each names. Pure. Worker thread.
 *
 * A cut at n octets is reached as soon as the n-th has passed; one at 0 when the first is about to.
 */

import type { FaultDirection } from '../../shared/faults/schema/connection-fault-schema.ts'
import { CLIENT, type Side } from '../../shared/side.ts'
import type { ArmedFault } from './armed-fault.ts'

export interface OctetCut {
  readonly fault: ArmedFault
  readonly limit: number
  readonly direction: FaultDirection
  seen: number
}

/** Whether octets towards `side` go in `direction`. */
export function isTowards(direction: FaultDirection, side: Side): boolean {
  return direction === 'both' || (direction === 'to_client') === (side === CLIENT)
}

export class OctetCuts {
  readonly #cuts: OctetCut[]

  constructor(faults: readonly ArmedFault[]) {
    this.#cuts = faults.flatMap((fault) => cutOf(fault) ?? [])
  }

  get isEmpty(): boolean {
    return this.#cuts.length === 0
  }

  /** How many of `bytes` octets towards `side` pass before a cut; they are counted as passed. */
  pass(side: Side, bytes: number): number {
    let room = bytes
    for (const cut of this.#cuts) if (isTowards(cut.direction, side)) room = Math.min(room, cut.limit - cut.seen)
    for (const cut of this.#cuts) if (isTowards(cut.direction, side)) cut.seen += room
    return room
  }

  /** Takes the first cut that octets towards `side` have reached. */
  reached(side: Side): OctetCut | undefined {
    const at = this.#cuts.findIndex((cut) => isTowards(cut.direction, side) && cut.seen >= cut.limit)
    return at === -1 ? undefined : this.#cuts.splice(at, 1)[0]
  }
}

function cutOf(fault: ArmedFault): OctetCut | undefined {
  const { options } = fault
  switch (options.kind) {
    case 'reset':
      return options.after_bytes === undefined ? undefined : { fault, limit: options.after_bytes, direction: options.direction, seen: 0 }
    case 'limit_bytes':
      return { fault, limit: options.bytes, direction: options.direction, seen: 0 }
    case 'half_close':
      return { fault, limit: options.after_bytes, direction: options.direction, seen: 0 }
    case 'blackhole':
      return { fault, limit: options.after_bytes, direction: 'both', seen: 0 }
    default:
      return undefined
  }
}
