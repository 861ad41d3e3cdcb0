/**
 * RelayFaults: what faults do to the octets of a session's relay. Made only for flows whose rules say so, and for nearly all of
 * these only when the draw does. Worker thread.
 */

import type { FlowCursor } from '../../shared/events/flow-cursor.ts'
import { NO_STREAM } from '../../shared/events/record/record-descriptor.ts'
import { isAtConnect } from '../../shared/faults/check-faults.ts'
import type { RuleFault } from '../../shared/faults/rule-fault.ts'
import type { FaultDirection } from '../../shared/faults/schema/connection-fault-schema.ts'
import { ORIGIN, type Side } from '../../shared/side.ts'
import type { ArmedFault } from '../faults/armed-fault.ts'
import type { FaultJudge } from '../faults/fault-judge.ts'
import { isTowards, type OctetCut, OctetCuts } from '../faults/octet-cuts.ts'
import { Pace } from '../faults/pace.ts'
import { type PacedRelay, PacedStream } from '../faults/paced-stream.ts'
import type { Relay } from '../relay.ts'
import type { Endpoint } from '../relay-handler.ts'
import { afterResetGap } from '../reset-gap.ts'

/** What of `faults` is to happen to the relay of `flow`; undefined: nothing, as nearly always. */
export function armRelayFaults(judge: FaultJudge, faults: readonly RuleFault[], flow: FlowCursor): RelayFaults | undefined {
  if (faults.length === 0) return undefined
  const inRelay = faults.filter(({ options }) => !isAtConnect(options))
  const armed = judge.arm('connection', inRelay, flow, NO_STREAM)
  return armed === undefined ? undefined : new RelayFaults(judge, armed)
}

const CLOSED_BY = 'fault_injected'

export class RelayFaults implements PacedRelay {
  readonly cuts: OctetCuts
  /** The flow's end, whenever it comes, is the doing of a fault. */
  endsFlow = false
  readonly #judge: FaultJudge
  readonly #faults: readonly ArmedFault[]
  readonly #streams: PacedStream[] = []
  #relay: Relay | undefined = undefined
  #isBegun = false
  #timers: NodeJS.Timeout[] = []

  constructor(judge: FaultJudge, faults: readonly ArmedFault[]) {
    this.#judge = judge
    this.#faults = faults
    this.cuts = new OctetCuts(faults)
  }

  /** The end that the relay is to have in the place of `endpoint`. */
  wrap(side: Side, { stream, transport }: Endpoint): Endpoint {
    const acting = this.#faults.filter(({ options }) => isTowards(directionOf(options), side))
    const paced = new PacedStream(stream, side, new Pace(acting), this)
    this.#streams[side] = paced
    return { stream: paced, transport }
  }

  begin(relay: Relay): void {
    this.#relay = relay
  }

  /** The session is over. */
  release(): void {
    for (const timer of this.#timers) clearTimeout(timer)
    for (const fault of this.#faults) fault.release()
  }

  /** At the first octet everything begins that is not a matter of their number. */
  onOctets(): void {
    if (this.#isBegun) return
    this.#isBegun = true
    for (const fault of this.#faults) {
      const { options } = fault
      if (options.kind === 'reset' && options.after_ms !== undefined) {
        // A timer of 0 ms is one of 1 ms, in which a whole exchange fits.
        if (options.after_ms === 0) this.#reset(fault, 0)
        else this.#timers.push(setTimeout(() => this.#reset(fault, 0), options.after_ms))
      } else if (isPace(fault)) this.#tell(fault, 0)
    }
  }

  onCut(side: Side, { fault, seen }: OctetCut): void {
    const { options } = fault
    switch (options.kind) {
      case 'reset':
        this.#reset(fault, seen)
        return
      case 'limit_bytes':
        if (options.how === 'reset') this.#reset(fault, seen)
        else this.#finish(fault, seen)
        return
      case 'half_close':
        this.#tell(fault, seen)
        this.endsFlow = true
        this.#streams[side]?.endEarly()
        return
      case 'blackhole':
        this.#tell(fault, seen)
        this.endsFlow = true
        for (const stream of this.#streams) stream.mute()
        return
    }
  }

  /** The client leaves a black hole: nobody waits for anything any more. */
  onUnheardEnd(side: Side): void {
    const isBlackHole = this.#faults.some(({ options }) => options.kind === 'blackhole')
    if (side === ORIGIN && isBlackHole) setImmediate(() => this.#relay?.close(CLOSED_BY, 'the client left the black hole'))
  }

  #tell(fault: ArmedFault, position: number): void {
    this.#judge.report(fault, 'relay', position, 'bytes', 'as_asked')
  }

  #reset(fault: ArmedFault, position: number): void {
    this.#tell(fault, position)
    for (const stream of this.#streams) stream.mute()
    // Not from inside a read: see the relay's own abrupt close. At its very first octet nothing stands before it that is to be read.
    const isFirst = position === 0 && 'after_bytes' in fault.options
    const reset = () => this.#relay?.reset(CLOSED_BY, fault.detail)
    this.#timers.push(isFirst ? setTimeout(reset, 0) : afterResetGap(reset))
  }

  #finish(fault: ArmedFault, position: number): void {
    this.#tell(fault, position)
    this.#relay?.finish(CLOSED_BY, fault.detail)
  }
}

function isPace({ options }: ArmedFault): boolean {
  switch (options.kind) {
    case 'latency':
    case 'bandwidth':
    case 'jitter':
    case 'slice':
    case 'slow_close':
      return true
    default:
      return false
  }
}

function directionOf(options: ArmedFault['options']): FaultDirection {
  return 'direction' in options ? options.direction : 'both'
}
