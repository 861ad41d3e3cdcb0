/**
 * clientGroups: the key agreement groups that a client is offered, where they are not the library's own. Worker thread.
 *
 * A post-quantum key share (X25519MLKEM768) protects what is recorded today from a quantum computer of tomorrow. What a client on
 * this machine sends never leaves it, and whoever can record the loopback interface can read the memory of both ends. OpenSSL
 * keeps the ML-KEM keys as long as the connection, 6 KB: a tenth of all that an idle session takes without them
 * (`docs/decisions/0004-memory-per-session.md`). So X25519 comes first for such a client, if it has sent that key share as
 * well: then neither a round trip nor a common group is lost. The origin's side keeps the library's groups: its bytes do leave.
 */

import { BlockList } from 'node:net'
import type { ClientHello } from './client-hello.ts'

/** In OpenSSL's names and spelling: X25519, P-256, P-384. */
export const CLASSICAL_GROUPS = 'X25519:P-256:P-384'
/** IANA TLS Supported Groups: x25519. */
const X25519 = 0x001d

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

/** `undefined`: whatever the library prefers. `clientIp`: empty where the client came through a Unix socket. */
export function clientGroups(hello: ClientHello, clientIp: string): string | undefined {
  if (!hello.keyShareGroups.includes(X25519)) return undefined
  return clientIp === '' || loopback.check(clientIp, clientIp.includes(':') ? 'ipv6' : 'ipv4') ? CLASSICAL_GROUPS : undefined
}
