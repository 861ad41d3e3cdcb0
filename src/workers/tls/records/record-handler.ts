/**
 * What the record tracker tells about a TLS connection it watches. Types only. Worker thread.
 */

import type { Side } from '../../../shared/side.ts'
import type { Violation } from '../../../shared/violations/violation.ts'
import type { ClientHello } from '../hello/client-hello.ts'
import type { ServerHello } from '../hello/server-hello.ts'

export interface RecordHandler {
  /** Also the second one, after a HelloRetryRequest. */
  onClientHello(hello: ClientHello): void
  /** Also a HelloRetryRequest: `retryRequest` is set then. */
  onServerHello(hello: ServerHello): void
  /** Any handshake message in clear begins, hellos included (numbers: IANA TLS HandshakeType). */
  onHandshakeMessage(side: Side, type: number): void
  /** An alert in clear; once encryption is on they look like any other record. */
  onAlert(side: Side, level: number, description: number): void
  /** From here on this side's records are encrypted. */
  onEncrypted(side: Side): void
  /** The first application data of this side, as far as lengths and order show it. */
  onApplicationData(side: Side): void
  /** The first octets are not TLS. `text`: they start with a printable character. Nothing follows. */
  onNotTls(side: Side, text: boolean): void
  /** A rule was broken. Of a hello: tracking goes on. Of the record layer: nothing follows, the flow is opaque. */
  onViolation(side: Side, violation: Violation): void
}
