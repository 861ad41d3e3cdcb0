/**
 * EventInterruption: an event stream that goes wrong at a place: an error comes, it falls silent, it is cut, it ends. Pure. Worker
 * thread.
 */

import type { FaultOf } from '../../../shared/faults/schema/fault-schema.ts'
import { INTERNAL_ERROR } from '../../../shared/violations/http2.ts'
import type { BodyMutator, MutationSink } from '../../layers/http/body-mutator.ts'
import { type EventPlace, eventPlace } from './event-places.ts'

type Options = Pick<FaultOf<'sse'>, 'at' | 'action' | 'for_ms' | 'ping_ms' | 'how'>

export class EventInterruption implements BodyMutator {
  readonly #options: Options
  readonly #place: EventPlace
  /** The error event, or what keeps a silent stream alive. */
  readonly #event: Uint8Array
  #hasActed = false
  #isSilent = false

  constructor(options: Options, event: Uint8Array) {
    this.#options = options
    this.#event = event
    this.#place = eventPlace(options.at, options.action === 'error_event' || options.action === 'stall_with_pings')
  }

  execute(bytes: Uint8Array, out: MutationSink): void {
    // Nobody will see it: kept, it would hold the origin, and in HTTP/2 the other streams in the end.
    if (this.#isSilent) return
    const at = this.#hasActed ? -1 : this.#place.find(bytes)
    if (at === -1) {
      out.write(bytes)
      return
    }
    out.write(bytes.subarray(0, at))
    this.#hasActed = true
    this.#act(out)
    if (!this.#isSilent) out.write(bytes.subarray(at))
  }

  finish(): void {}

  #act(out: MutationSink): void {
    const { action, for_ms, how, ping_ms } = this.#options
    const ms = for_ms === 0 ? Number.POSITIVE_INFINITY : for_ms
    this.#isSilent = for_ms === 0 && (action === 'stall' || action === 'stall_with_pings')
    out.injected(this.#place.position, this.#place.unit, applied(this.#options))
    switch (action) {
      case 'error_event':
        out.write(this.#event)
        out.end()
        return
      case 'stall':
        out.delay(ms)
        return
      case 'stall_with_pings':
        out.fill(ms, ping_ms, this.#event)
        return
      case 'cut':
        // What a stream of HTTP/2 is reset with; HTTP/1.1 has no codes.
        out.cut(how, INTERNAL_ERROR)
        return
      case 'end':
        out.end()
        return
    }
  }
}

function applied({ action, for_ms, how, ping_ms }: Options): object {
  switch (action) {
    case 'stall':
      return { action, for_ms }
    case 'stall_with_pings':
      return { action, for_ms, ping_ms }
    case 'cut':
      return { action, how }
    default:
      return { action }
  }
}
