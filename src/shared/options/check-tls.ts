/**
 * What the schema cannot say of TLS options: a range of versions that is empty, suites that OpenSSL does not know. No thread of its
 * own.
 */

import { createSecureContext } from 'node:tls'
import { ConfigError } from './config-error.ts'
import { TLS_VERSIONS, type TlsChoice } from './tls-schema.ts'

export type TlsOptionName = 'min_version' | 'max_version' | 'ciphers'

/** Runs each check by way of `attempt`, which notes the ConfigError that it throws under the option. */
export function checkTls(choice: TlsChoice, attempt: (option: TlsOptionName, check: () => void) => void): void {
  const { min_version: min, max_version: max, ciphers } = choice
  if (min !== undefined && max !== undefined && TLS_VERSIONS.indexOf(min) > TLS_VERSIONS.indexOf(max)) {
    attempt('min_version', () => {
      throw ConfigError.of(`${min} is above max_version, ${max}`, 'lower it')
    })
  }
  if (ciphers !== undefined) attempt('ciphers', () => checkCiphers(ciphers))
}

function checkCiphers(ciphers: string): void {
  try {
    createSecureContext({ ciphers, ca: [] })
  } catch {
    throw ConfigError.of(`OpenSSL knows none of the suites in "${ciphers}"`, 'see `openssl ciphers -v`; suites are parted by colons')
  }
}
