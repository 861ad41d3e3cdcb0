/**
 * Originates TLS to the origin, with the client's own ALPN offer (less what is disabled) and the client's SNI. Worker thread.
 */

import { isIP, type Socket } from 'node:net'
import { connect, type SecureContext, type TLSSocket } from 'node:tls'
import { handshake } from './terminate.ts'

export interface OriginateOptions {
  /** The name that the origin's certificate must be for. */
  readonly host: string
  /** What the client asked for; an IP address is never sent as SNI (RFC 6066 §3). */
  readonly sni: string | undefined
  readonly alpn: readonly string[]
  readonly context: SecureContext
  readonly verify: boolean
  readonly timeoutMs: number
}

/** Runs the client side of a handshake over `tcp`. Rejects with a `HandshakeError`. */
export function originate(tcp: Socket, options: OriginateOptions): Promise<TLSSocket> {
  const { host, sni, alpn } = options
  const name = sni ?? (isIP(host) === 0 ? host : undefined)
  const secure = connect({
    socket: tcp,
    host,
    ...(name === undefined ? {} : { servername: name }),
    ...(alpn.length === 0 ? {} : { ALPNProtocols: [...alpn] }),
    secureContext: options.context,
    rejectUnauthorized: options.verify,
  })
  return handshake(secure, 'secureConnect', options.timeoutMs)
}
