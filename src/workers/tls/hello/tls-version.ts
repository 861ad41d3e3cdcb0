/**
 * TLS version numbers, and their names as Node and OpenSSL spell them. Worker thread.
 */

import type { ClientHello } from './client-hello.ts'
import { isGrease } from './grease.ts'

const TLS_1_2 = 0x0303
export const TLS_1_3 = 0x0304

export function tlsVersionName(version: number): string {
  switch (version) {
    case 0x0002:
      return 'SSLv2'
    case 0x0300:
      return 'SSLv3'
    case 0x0301:
      return 'TLSv1'
    case 0x0302:
      return 'TLSv1.1'
    case TLS_1_2:
      return 'TLSv1.2'
    case TLS_1_3:
      return 'TLSv1.3'
    default:
      return `0x${version.toString(16).padStart(4, '0')}`
  }
}

/** What a hello offers, in its order. Without supported_versions the legacy field is the highest version (RFC 8446 §4.2.1). */
export function offeredVersions(hello: ClientHello): string[] {
  if (hello.supportedVersions.length === 0) return [tlsVersionName(hello.legacyVersion)]
  return hello.supportedVersions.filter((version) => !isGrease(version)).map(tlsVersionName)
}
