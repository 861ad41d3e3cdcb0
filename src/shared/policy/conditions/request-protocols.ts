/**
 * What a request speaks, as rules ask for it: the protocol of its connection, and what its head says runs on top. No thread of its
 * own.
 *
 *     http1, http2   the connection's
 *     ws             the request asks for a WebSocket (RFC 6455 §4.1; over HTTP/2, RFC 8441 §4)
 *     grpc           its content type is one of gRPC's
 *     sse            it accepts an event stream
 *     tunnel         no request at all: octets that are not HTTP, in a connection that would have been read
 */

import type { FieldSection } from '../../http/field-section.ts'

export const RULE_PROTOCOLS = ['http1', 'http2', 'ws', 'grpc', 'sse', 'tunnel'] as const
export type RuleProtocol = (typeof RULE_PROTOCOLS)[number]

export interface SpokenFacts {
  /** Undefined while no request is known. */
  readonly transport?: 'http1' | 'http2' | 'tunnel' | undefined
  readonly method?: string | undefined
  readonly fields?: FieldSection | undefined
}

export function speaks(protocol: RuleProtocol, { transport, method, fields }: SpokenFacts): boolean {
  switch (protocol) {
    case 'http1':
    case 'http2':
    case 'tunnel':
      return transport === protocol
    case 'ws':
      // Over HTTP/2 the pseudo-header field is not among the fields; this one is sent all the same (RFC 8441 §5).
      if (transport === 'http2') return method === 'CONNECT' && fields?.first('sec-websocket-version') !== undefined
      return fields?.first('upgrade')?.toLowerCase() === 'websocket'
    case 'grpc':
      return fields?.first('content-type')?.toLowerCase().startsWith('application/grpc') === true
    case 'sse':
      return fields?.first('accept')?.toLowerCase().includes('text/event-stream') === true
  }
}
