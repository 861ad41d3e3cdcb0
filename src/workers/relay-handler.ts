/**
 * What a relay stands between, and whom it tells. Types only. Worker thread.
 */

import type { Duplex } from 'node:stream'
import type { CloseReason } from '../shared/events/close-reasons.ts'
import type { Side } from '../shared/side.ts'
import type { Resettable } from '../shared/socket-handle.ts'

/** An end of a relay: a socket, TLS on a socket, or what stands in for either. */
export interface Endpoint {
  /** Octets in clear. */
  readonly stream: Duplex
  /** What is reset: the socket beneath the stream, or the stream itself. */
  readonly transport: Resettable
}

export interface RelayHandler {
  /** Both sockets are closed, or are being destroyed: nothing more will be relayed. Called once. */
  onRelayEnd(reason: CloseReason, detail: string): void
  /** An error on one side's socket, before the relay acts on it (TLS alerts after the handshake come this way). */
  onRelayError(side: Side, error: NodeJS.ErrnoException): void
  /** `side` has sent so many octets: keeps idle deadlines and counters honest. */
  onRelayActivity(side: Side, octets: number): void
  /**
   * The client is done. True takes the origin's connection out of the relay, clean and open, for the next client; false lets
   * it be closed.
   */
  takeOrigin(): boolean
  /**
   * The connection of the origin is lost before a first octet of it, by `loss`. Another in its place, which is sent `octets` again, and may
   * still be on its way; undefined: there is none.
   */
  reopenOrigin(octets: number, loss: string): Endpoint | undefined
  /** Between two exchanges: a relay that is to leave may close here. */
  readonly isQuiet: boolean
}
