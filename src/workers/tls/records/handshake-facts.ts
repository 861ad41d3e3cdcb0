/**
 * HandshakeFacts: what has been seen of a handshake in passing. Written by the record tracker, read by whoever judges it.
 * Pairs are indexed by side. Worker thread.
 */

import type { ClientHello } from '../hello/client-hello.ts'
import type { ServerHello } from '../hello/server-hello.ts'

export class HandshakeFacts {
  /** The first hello; the second, after a HelloRetryRequest, may leave things out. */
  clientHello: ClientHello | undefined = undefined
  /** A ClientHello came, also one that could not be read. */
  clientHelloSeen = false
  serverHello: ServerHello | undefined = undefined
  serverHelloSeen = false
  /** The server has asked for another ClientHello (RFC 8446 §4.1.4). */
  retried = false
  certificateSeen = false
  /** Up to TLS 1.2: the server's flight is whole. */
  serverHelloDone = false
  /** Up to TLS 1.2: the client went on after the certificate, by Certificate or ClientKeyExchange. */
  clientKeysSent = false
  /** By pre-shared key, or, up to TLS 1.2, by an answer without a certificate. */
  resumed = false
  readonly encrypted: [boolean, boolean] = [false, false]
  /** Up to TLS 1.2 seen; in TLS 1.3 inferred from the length of the record. */
  readonly finished: [boolean, boolean] = [false, false]
  /** TLS 1.3: the client's encrypted flight has begun, by a record that is not an alert. */
  clientFlight = false
  readonly applicationData: [boolean, boolean] = [false, false]
  /** Number of the last alert in clear that ends a connection, or −1. */
  readonly fatalAlert: [number, number] = [-1, -1]
  /** An alert came in clear, or the first octet of one: those that only say that a connection ends among them. */
  readonly clearAlert: [boolean, boolean] = [false, false]
  /** A record that is encrypted and, by type or length, an alert. */
  readonly encryptedAlert: [boolean, boolean] = [false, false]
  notTls = false
  /** What was answered to a ClientHello, where it was no TLS. */
  foreignAnswer: 'text' | 'other' | undefined = undefined
  /** The record layer was broken: what came later is unknown. */
  opaque = false
}
