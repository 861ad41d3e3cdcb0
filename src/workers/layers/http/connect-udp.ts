/**
 * asksForUdp: whether a request asks its origin to proxy UDP (MASQUE), inside of which HTTP/3 would pass unseen. Pure. Worker thread.
 *
 * RFC 9298: over HTTP/1.1 an upgrade to `connect-udp` (§3.2), over HTTP/2 an extended CONNECT with that `:protocol` (§3.4).
 */

import type { MessageHead } from './message-head.ts'
import { offersUpgrade } from './upgrade-offer.ts'

const CONNECT_UDP = 'connect-udp'

export function asksForUdp({ protocol, fields }: MessageHead): boolean {
  if (protocol !== '') return protocol === CONNECT_UDP
  return offersUpgrade(fields, CONNECT_UDP)
}
