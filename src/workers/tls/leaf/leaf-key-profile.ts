/**
 * Which key the leaf for a client must have: ECDSA P-256 wherever the hello allows it (minting RSA is dear), else RSA.
 *
 * A decision on the hello alone (RFC 8446 §4.2.3, RFC 8422 §2 and §5.1). Worker thread.
 */

import type { ClientHello } from '../hello/client-hello.ts'
import { TLS_1_3 } from '../hello/tls-version.ts'

export type LeafKeyProfile = 'ecdsa' | 'rsa'

const ECDSA_SECP256R1_SHA256 = 0x0403
const SECP256R1 = 23
/** The low octet of a TLS 1.2 SignatureAndHashAlgorithm (RFC 5246 §7.4.1.4.1): ecdsa. */
const ECDSA = 3
/** The high octet: sha256, sha384, sha512. ECDSA with SHA-1 is refused by OpenSSL's default security level. */
const SHA256 = 4
const SHA512 = 6

/** The TLS_ECDHE_ECDSA_* suites among ours (`tls-parameters.ts`): a client that has others only is served by an RSA suite, if at all. */
const ECDSA_SUITES: ReadonlySet<number> = new Set([0xc009, 0xc00a, 0xc02b, 0xc02c, 0xcca9])

export function leafKeyProfile(hello: ClientHello): LeafKeyProfile {
  return takesEcdsa(hello) ? 'ecdsa' : 'rsa'
}

function takesEcdsa(hello: ClientHello): boolean {
  // The scheme names the curve of the key in TLS 1.3, and suites name no key type any more.
  if (hello.supportedVersions.includes(TLS_1_3)) return hello.signatureAlgorithms.includes(ECDSA_SECP256R1_SHA256)
  if (!hello.cipherSuites.some((suite) => ECDSA_SUITES.has(suite))) return false
  // RFC 8422 §5.1: supported_groups holds the curves of certificates too; a client without it takes any.
  if (hello.groups.length > 0 && !hello.groups.includes(SECP256R1)) return false
  // Without the extension TLS 1.2 means SHA-1 for each key type, and below 1.2 there is no choice: the suites decide.
  return hello.signatureAlgorithms.length === 0 || hello.signatureAlgorithms.some(isEcdsaSha2)
}

function isEcdsaSha2(algorithm: number): boolean {
  const hash = algorithm >> 8
  return (algorithm & 0xff) === ECDSA && hash >= SHA256 && hash <= SHA512
}
