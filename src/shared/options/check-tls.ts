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
  const whole = { ...general, ...choice }
  checkRange(choice, report, whole)
  const { ciphers } = choice
  if (ciphers !== undefined) checkOne(report, ['ciphers'], ciphers, () => checkCiphers(ciphers, whole.max_version))
}

/** Told at the end of the range that `choice` gives. */
function checkRange(choice: TlsChoice, report: Report, { min_version: min, max_version: max }: TlsChoice): void {
  if (min === undefined || max === undefined || TLS_VERSIONS.indexOf(min) <= TLS_VERSIONS.indexOf(max)) return
  const remedy = 'give min_version and max_version, the lower first'
  if (choice.min_version !== undefined) report(['min_version'], ConfigError.of(`${min} is above max_version, ${max}`, remedy))
  else if (choice.max_version !== undefined) report(['max_version'], ConfigError.of(`${max} is below min_version, ${min}`, remedy))
}

function checkCiphers(ciphers: string, max: TlsChoice['max_version']): void {
  try {
    createSecureContext({ ciphers, ca: [] })
  } catch {
    throw ConfigError.of(`OpenSSL knows none of the suites in "${ciphers}"`, 'see `openssl ciphers -v`; suites are parted by colons')
  }
  if (max !== undefined && max !== 'TLSv1.3' && ciphers.split(':').every((suite) => suite.startsWith(OF_TLS_1_3))) {
    throw ConfigError.of(`the suites are of TLS 1.3, and max_version is ${max}`, 'name suites of TLS 1.2, or raise max_version')
  }
}

/** What the names of its suites begin with (RFC 8446 §B.4), and those of no others in the spelling of OpenSSL. */
const OF_TLS_1_3 = 'TLS_'
