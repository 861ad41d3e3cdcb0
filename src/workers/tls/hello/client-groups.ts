/**
 * clientGroups: the key agreement groups that a client is offered, where they are not the library's own: the classical ones for a
 * client on this machine (`local-peer.ts`), if it has sent an X25519 share as well. Then neither a round trip nor a common group is
 * lost. Worker thread.
 */

import { isLocalPeer } from '../local-peer.ts'
import type { ClientHello } from './client-hello.ts'

/** In OpenSSL's names and spelling: X25519, P-256, P-384. */
export const CLASSICAL_GROUPS = 'X25519:P-256:P-384'
/** IANA TLS Supported Groups: x25519. */
const X25519 = 0x001d

/** `undefined`: whatever the library prefers. `clientIp`: empty where the client came through a Unix socket. */
export function clientGroups(hello: ClientHello, clientIp: string): string | undefined {
  return hello.keyShareGroups.includes(X25519) && isLocalPeer(clientIp) ? CLASSICAL_GROUPS : undefined
}
