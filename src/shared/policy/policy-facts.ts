/**
 * What policy decides by, phase by phase. Types only. No thread of its own.
 */

import type { FieldSection } from '../http/field-section.ts'

/** Who holds the other end of a local connection (`acceptor/owners/`). */
export interface ClientOwner {
  /** User name, or the number where it has none. */
  readonly user?: string | undefined
  /** Number of the user, as text. */
  readonly uid?: string | undefined
  /** Name of the program's file. */
  readonly process?: string | undefined
}

/** What is known when a CONNECT head, or the head of a plain request, has been read. */
export interface ConnectFacts extends ClientOwner {
  /** Host as the client wrote it: name, IPv4, or IPv6 with or without brackets. */
  readonly host: string
  readonly port: number
  /** The client's IP address; empty for a Unix-domain socket, which no client condition matches. */
  readonly client: string
  /** Milliseconds since the epoch. */
  readonly nowMs: number
}

/** What a ClientHello adds. */
export interface HelloFacts extends ConnectFacts {
  /** Name asked for in the ClientHello, which rules about hosts prefer to `host`; undefined without TLS, or without one. */
  readonly sni: string | undefined
  /** Fingerprint of the ClientHello, where a rule asks for it. */
  readonly ja4?: string | undefined
}

/** What is known when a request head has been read. */
export interface RequestFacts extends HelloFacts {
  readonly method: string
  /** The request target, as it was sent; rules compare its one spelling (`conditions/compared-path.ts`). */
  readonly path: string
  /** What carries the request; `tunnel`: there is none, the octets are not HTTP. */
  readonly transport: 'http1' | 'http2' | 'tunnel'
  readonly fields: FieldSection | undefined
  /** HTTP/2: `:authority`, which conditions about the field Host ask where there is no such field (RFC 9113 §8.3.1). */
  readonly authority?: string | undefined
}
