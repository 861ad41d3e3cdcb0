/**
 * SessionExchanges: what reads the exchanges of a session, as the session, and whoever sweeps it, sees it. Types only. Worker thread.
 */

import type { Protocol } from '../shared/events/protocols.ts'

/** It may still be at it when the relay has ended: its decoders run beside. */
export interface SessionExchanges {
  /** Between two exchanges. */
  readonly isQuiet: boolean
  /** Calls `visit` with the label of each open exchange. */
  eachProtocol(visit: (protocol: Protocol) => void): void
  /** Ends turns of WebSockets that have been silent for `idleMs`; `now`: ms, as of `performance.now()`. */
  flushIdle(now: number, idleMs: number): void
  readonly isSettled: boolean
  /** Called when everything has been told. */
  onSettled: () => void
  /** Tells what there is at once. */
  abandon(): void
}
