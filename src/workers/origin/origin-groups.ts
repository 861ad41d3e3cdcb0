/**
 * The key agreement groups that an origin is offered, and of which of them it is sent a share. Worker thread.
 *
 *     the origin             offered                                   a share of
 *     not known yet          the library's groups                      X25519MLKEM768 and X25519
 *     has taken one before   the same                                  that one
 *     on this machine        the same without X25519MLKEM768           X25519
 *     … and took none        the library's groups                      X25519MLKEM768 and X25519
 *
 * **What it has taken once.** OpenSSL 3.5 sends two shares and an origin takes one: the other has been made for nothing, 0.07 ms of
 * CPU, and where it is ML-KEM's, 1.2 KB of hello and 6 KB that stay with the connection. The groups offered and their order are the
 * same, so an origin that has come to prefer another asks for it (HelloRetryRequest, RFC 8446 §4.1.4): a round trip, once, and
 * never a weaker group than it wants.
 *
 * **On this machine** (`local-peer.ts`) X25519MLKEM768 is not offered at all: servers on OpenSSL 3.5 and Go prefer it where it is, also
 * at the price of a HelloRetryRequest. One that takes nothing else answers with an alert and is asked again with all; what it
 * took then it is sent alone from then on.
 */

import type { TLSSocket } from 'node:tls'
import { isLocalPeer } from '../tls/local-peer.ts'

export type KeyShare = 'X25519' | 'X25519MLKEM768'
/** In the place of the library's groups and shares: one share of the same groups, or the classical groups. */
export type OriginGroups = KeyShare | 'classical'

/** OpenSSL's own list (SSL_CTX_set1_groups_list, `TLS_DEFAULT_GROUP_LIST` of 3.5), with `*` at one group only. */
const GROUPS: Readonly<Record<OriginGroups, string>> = {
  X25519: '?X25519MLKEM768 / ?*X25519:?secp256r1 / ?X448:?secp384r1:?secp521r1 / ?ffdhe2048:?ffdhe3072',
  X25519MLKEM768: '?*X25519MLKEM768 / ?X25519:?secp256r1 / ?X448:?secp384r1:?secp521r1 / ?ffdhe2048:?ffdhe3072',
  classical: '?*X25519:?secp256r1 / ?X448:?secp384r1:?secp521r1 / ?ffdhe2048:?ffdhe3072',
}

/** `taken`: what the origin took when it was last spoken to. `originIp`: its address; none once it has closed. */
export function originGroups(taken: KeyShare | undefined, originIp: string | undefined): OriginGroups | undefined {
  if (taken === 'X25519MLKEM768' || !CAN_CHOOSE || originIp === undefined) return taken
  return isLocalPeer(originIp) ? 'classical' : taken
}

/** What the origin of `secure`, whose handshake is done, has taken; undefined: none of those that can be sent alone. */
export function keyShareOf(secure: TLSSocket): KeyShare | undefined {
  const info = secure.getEphemeralKeyInfo()
  const name = info !== null && 'name' in info ? info.name : undefined
  return (name === 'X25519' || name === 'X25519MLKEM768') && CAN_CHOOSE ? name : undefined
}

/** The `ecdhCurve` of a context that offers `groups`; none: the library's. */
export function groupsFor(groups: OriginGroups | undefined): { ecdhCurve?: string } {
  return groups === undefined ? {} : { ecdhCurve: GROUPS[groups] }
}

/**
 * Whether the library can be told: before 3.5 it sends one share, and knows neither `*` nor ML-KEM. By its version: an attempt that
 * fails leaves an error in OpenSSL's queue, which Node 20 then throws at the next socket.
 */
const CAN_CHOOSE = isAtLeast(process.versions.openssl ?? '', 3, 5)

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}
