/**
 * JA3 of a ClientHello: five lists as decimal text, and its MD5. On demand: most connections never need it. Worker thread.
 *
 *     legacy_version,cipher-suites,extensions,groups,point-formats        lists joined by '-', GREASE (RFC 8701) left out
 */

import { hash } from 'node:crypto'
import type { ClientHello } from './client-hello.ts'
import { isGrease } from './grease.ts'

/** The text that JA3 hashes. */
export function ja3Text(hello: ClientHello): string {
  const { legacyVersion, cipherSuites, extensions, groups, pointFormats } = hello
  return `${legacyVersion},${joined(cipherSuites)},${joined(extensions)},${joined(groups)},${pointFormats.join('-')}`
}

/** The JA3 hash, or `undefined` where the process may not use MD5 (OpenSSL in FIPS mode). */
export function ja3(hello: ClientHello): string | undefined {
  try {
    return hash('md5', ja3Text(hello))
  } catch {
    return undefined
  }
}

function joined(values: readonly number[]): string {
  return values.filter((value) => !isGrease(value)).join('-')
}
