/**
 * Fingerprints of ClientHellos, remembered: those who use a proxy are a few kinds of programs, and the hellos of one differ in
 * random octets, name, and key shares, which no fingerprint looks at. Worker thread; one memory for all its sessions.
 *
 * A client that shuffles its extensions (Chrome, since 110) is reckoned anew each time, for JA3 tells the order.
 */

import { HELLO_FINGERPRINTS, HELLO_LIST_BYTES } from '../../../shared/limits/tls.ts'
import { RecentMap } from '../../../shared/recent-map.ts'
import type { ClientHello } from './client-hello.ts'
import { isGrease } from './grease.ts'
import { ja3 } from './ja3.ts'
import { ja4 } from './ja4.ts'

export interface Fingerprints {
  /** Undefined where the process may not use MD5. */
  readonly ja3: string | undefined
  readonly ja4: string
}

/** By `essence`. */
const known = new RecentMap<string, Fingerprints>(HELLO_FINGERPRINTS)
const octets = Buffer.alloc(HELLO_LIST_BYTES)

export function fingerprints(hello: ClientHello): Fingerprints {
  const key = essence(hello)
  const found = known.use(key)
  if (found !== undefined) return found
  const made = { ja3: ja3(hello), ja4: ja4(hello) }
  known.put(key, made)
  return made
}

/** All that the fingerprints depend on, and nothing else: hellos with one essence have the same. */
function essence(hello: ClientHello): string {
  octets.writeUInt16BE(hello.legacyVersion, 0)
  let end = 2
  end = put(hello.supportedVersions, end)
  end = put(hello.cipherSuites, end)
  end = put(hello.extensions, end)
  end = put(hello.groups, end)
  end = put(hello.pointFormats, end)
  end = put(hello.signatureAlgorithms, end)
  return octets.toString('latin1', 0, end) + (hello.alpn[0] ?? '')
}

/** A list without its GREASE, behind its length; returns where it ends. */
function put(values: readonly number[], start: number): number {
  let at = start + 2
  for (const value of values) {
    if (isGrease(value)) continue
    octets[at++] = value >> 8
    octets[at++] = value & 0xff
  }
  octets.writeUInt16BE(at - start, start)
  return at
}
