/**
 * What the schema cannot say of TLS options: a range of versions that is empty, suites that OpenSSL does not know. No thread of its
 * own.
 */

import { createSecureContext } from 'node:tls'
import { ConfigError } from './problems/config-error.ts'
import { checkOne, type Report } from './problems/problem-report.ts'
import { TLS_VERSIONS, type TlsChoice } from './tls-schema.ts'

/** `general`: what holds where `choice` says nothing. Paths that are reported begin at `choice`. */
export function checkTls(choice: TlsChoice, report: Report, general: TlsChoice = {}): void {
  checkRange(choice, report, { ...general, ...choice })
  if (choice.ciphers !== undefined) checkOne(report, ['ciphers'], choice.ciphers, checkCiphers)
}

/** Told at the end of the range that `choice` gives. */
function checkRange(choice: TlsChoice, report: Report, { min_version: min, max_version: max }: TlsChoice): void {
  if (min === undefined || max === undefined || TLS_VERSIONS.indexOf(min) <= TLS_VERSIONS.indexOf(max)) return
  const remedy = 'give min_version and max_version, the lower first'
  if (choice.min_version !== undefined) report(['min_version'], ConfigError.of(`${min} is above max_version, ${max}`, remedy))
  else if (choice.max_version !== undefined) report(['max_version'], ConfigError.of(`${max} is below min_version, ${min}`, remedy))
}

function checkCiphers(ciphers: string): void {
  try {
    createSecureContext({ ciphers, ca: [] })
  } catch {
    throw ConfigError.of(`OpenSSL knows none of the suites in "${ciphers}"`, 'see `openssl ciphers -v`; suites are parted by colons')
  }
}
