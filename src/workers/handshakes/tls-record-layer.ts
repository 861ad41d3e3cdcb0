/**
 * TlsRecordLayer: the record tracker as a layer of a tunnel's relay. Every byte passes; it only watches. Worker thread.
 *
 * Tells, besides what the tracker sees, how the handshake ended: at most once per connection.
 */

import type { CloseReason } from '../../shared/events/close-reasons.ts'
import type { Side } from '../../shared/side.ts'
import { type Layer, type Outcome, PASS } from '../layers/layer.ts'
import { type HandshakeOutcome, handshakeOutcome, type WatchedEnd, watchedEnd } from '../tls/failure/handshake-outcome.ts'
import type { RecordHandler } from '../tls/records/record-handler.ts'
import { RecordTracker } from '../tls/records/record-tracker.ts'

export interface TlsWatchHandler extends RecordHandler {
  onHandshakeOutcome(outcome: HandshakeOutcome): void
}

export class TlsRecordLayer implements Layer {
  readonly #tracker: RecordTracker
  readonly #handler: TlsWatchHandler
  #settled = false

  constructor(handler: TlsWatchHandler) {
    this.#handler = handler
    this.#tracker = new RecordTracker(handler)
  }

  get facts(): RecordTracker['facts'] {
    return this.#tracker.facts
  }

  execute(side: Side, bytes: Uint8Array): Outcome {
    this.#tracker.execute(side, bytes)
    if (!this.#settled) this.#settle(undefined)
    return PASS
  }

  finish(side: Side): Outcome {
    this.#settle({ kind: 'eof', side })
    return PASS
  }

  resume(): Outcome {
    return PASS
  }

  abort(reason: CloseReason): void {
    const end = watchedEnd(reason)
    if (end !== undefined) this.#settle(end)
    this.#settled = true
  }

  #settle(end: WatchedEnd | undefined): void {
    if (this.#settled) return
    const outcome = handshakeOutcome(this.#tracker.facts, end)
    if (outcome === undefined) return
    this.#settled = true
    this.#handler.onHandshakeOutcome(outcome)
  }
}
