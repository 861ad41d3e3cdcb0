/**
 * The key share that an origin is sent, where it is known which it takes. Worker thread.
 *
 * OpenSSL 3.5 sends two, X25519MLKEM768 and X25519, and an origin takes one: the other has been made for nothing, 0.07 ms of CPU,
 * and where it is ML-KEM's, 1.2 KB of hello and 6 KB that stay with the connection. What an origin has taken once it is sent
 * alone the next time. The groups offered and their order are the same, so an origin that has come to prefer another asks for it
 * (HelloRetryRequest, RFC 8446 §4.1.4): a round trip, once, and never a weaker group than it wants.
 */

import type { TLSSocket } from 'node:tls'

export type KeyShare = 'X25519' | 'X25519MLKEM768'

/** OpenSSL's own list (SSL_CTX_set1_groups_list, `TLS_DEFAULT_GROUP_LIST` of 3.5), with `*` at one group only. */
const GROUPS: Readonly<Record<KeyShare, string>> = {
  X25519: '?X25519MLKEM768 / ?*X25519:?secp256r1 / ?X448:?secp384r1:?secp521r1 / ?ffdhe2048:?ffdhe3072',
  X25519MLKEM768: '?*X25519MLKEM768 / ?X25519:?secp256r1 / ?X448:?secp384r1:?secp521r1 / ?ffdhe2048:?ffdhe3072',
}

/** What the origin of `secure`, whose handshake is done, has taken; undefined: none of those that can be sent alone. */
export function keyShareOf(secure: TLSSocket): KeyShare | undefined {
  const info = secure.getEphemeralKeyInfo()
  const name = info !== null && 'name' in info ? info.name : undefined
  return (name === 'X25519' || name === 'X25519MLKEM768') && CAN_CHOOSE ? name : undefined
}

/** The `ecdhCurve` of a context that sends `share` alone; none: the library's. */
export function groupsFor(share: KeyShare | undefined): { ecdhCurve?: string } {
  return share === undefined ? {} : { ecdhCurve: GROUPS[share] }
}

/**
 * Whether the library can be told: before 3.5 it sends one share, and knows no `*`. By its version: an attempt that fails leaves
 * an error in OpenSSL's queue, which Node 20 then throws at the next socket.
 */
const CAN_CHOOSE = isAtLeast(process.versions.openssl ?? '', 3, 5)

function isAtLeast(version: string, major: number, minor: number): boolean {
  const [ownMajor = 0, ownMinor = 0] = version.split('.').map(Number)
  return ownMajor > major || (ownMajor === major && ownMinor >= minor)
}
