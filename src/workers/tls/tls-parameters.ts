/**
 * Protocol versions and cipher suites that both sides start from. TLS 1.3 suites, then TLS 1.2 with forward secrecy and AEAD
 * (RFC 9325 §4.2), then CBC and plain RSA at the end, for the old clients and origins that a proxy meets and must not break.
 *
 * Any thread.
 */

import type { SecureContextOptions } from 'node:tls'
import type { TlsChoice } from '../../shared/options/tls-schema.ts'

const MIN_TLS_VERSION = 'TLSv1.2'
/** TLS 1.0 and 1.1 sign by MD5 and SHA-1, which OpenSSL 3 takes at level 0 only. */
const LEVEL_0 = ':@SECLEVEL=0'

/** AES-128 first: half of AES-256's rounds at the same practical strength; ChaCha20 for machines without AES instructions. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_256_GCM_SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'DHE-RSA-AES128-GCM-SHA256',
  'DHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
  'AES128-GCM-SHA256',
  'AES256-GCM-SHA384',
  'AES128-SHA',
  'AES256-SHA',
].join(':')

/** What a context is made with for one side's options. */
export function contextParameters(choice: TlsChoice): SecureContextOptions {
  const { min_version: minVersion = MIN_TLS_VERSION, max_version: maxVersion, ciphers = CIPHERS } = choice
  const isOld = minVersion === 'TLSv1' || minVersion === 'TLSv1.1'
  return { minVersion, ...(maxVersion === undefined ? {} : { maxVersion }), ciphers: isOld ? `${ciphers}${LEVEL_0}` : ciphers }
}
