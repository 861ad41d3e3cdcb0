/**
 * What the schema cannot say of TLS options: a range of versions that is empty, suites that OpenSSL does not know. No thread of its
 * own.
 */

import { createSecureContext } from 'node:tls'
import { ConfigError } from './problems/config-error.ts'
import { checkOne, type Report } from './problems/problem-report.ts'
import { TLS_VERSIONS, type TlsChoice } from './tls-schema.ts'

/** Paths that are reported begin at `choice`. */
export function checkTls(choice: TlsChoice, report: Report): void {
  const { min_version: min, max_version: max, ciphers } = choice
  if (min !== undefined && max !== undefined && TLS_VERSIONS.indexOf(min) > TLS_VERSIONS.indexOf(max)) {
    report(['min_version'], ConfigError.of(`${min} is above max_version, ${max}`, 'lower it'))
  }
  if (ciphers !== undefined) checkOne(report, ['ciphers'], ciphers, checkCiphers)
}

function checkCiphers(ciphers: string): void {
  try {
    createSecureContext({ ciphers, ca: [] })
  } catch {
    throw ConfigError.of(`OpenSSL knows none of the suites in "${ciphers}"`, 'see `openssl ciphers -v`; suites are parted by colons')
  }
}
