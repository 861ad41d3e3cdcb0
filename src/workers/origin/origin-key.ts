/**
 * OriginKey: what two connections to an origin must have in common for one to stand for the other. Worker thread.
 */

import type { ClientHello } from '../tls/hello/client-hello.ts'

/** What is offered to the origin in a session's handshake. */
export interface OriginOffer {
  readonly sni: string | undefined
  readonly alpn: readonly string[]
}

/** Host, port, SNI, ALPN offer, verification and context (roots, client certificate, versions, suites); one text, for maps. */
export function originKey(host: string, port: number, offer: OriginOffer, verify: boolean, contextKey: string): string {
  return `${host} ${port} ${offer.sni ?? ''} ${offer.alpn.join(',')} ${verify} ${contextKey}`
}

export const HTTP2 = 'h2'

/** The client's own offer, less what is disabled. */
export function originOffer(hello: ClientHello, isHttp2Enabled: boolean): OriginOffer {
  return { sni: hello.sni, alpn: isHttp2Enabled ? hello.alpn : hello.alpn.filter((protocol) => protocol !== HTTP2) }
}
