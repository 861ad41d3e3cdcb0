/**
 * Why a certificate chain was refused: Node's and OpenSSL's many names → one closed list. Worker thread.
 *
 * Node gives a code for the errors that OpenSSL has had for long, and UNSPECIFIED for all others, whose kind is then in the
 * text of X509_verify_cert_error_string. Code first, text second.
 */

import { readCertificate } from '../x509/certificate-reader.ts'

export const VERIFICATION_FAULTS = [
  'expired',
  'not_yet_valid',
  'hostname_mismatch',
  'self_signed',
  'unknown_ca',
  'bad_signature',
  'revoked',
  'weak_key',
  'weak_digest',
  'name_constraint',
  'wrong_purpose',
  'invalid_ca',
  'path_length',
  'malformed',
  'policy',
  'untrusted',
  'revocation_unknown',
  'other',
] as const

export type VerificationFault = (typeof VERIFICATION_FAULTS)[number]

const CODES: ReadonlyMap<string, VerificationFault> = new Map([
  ['CERT_HAS_EXPIRED', 'expired'],
  ['CERT_NOT_YET_VALID', 'not_yet_valid'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'hostname_mismatch'],
  ['ERR_TLS_CERT_ALTNAME_FORMAT', 'hostname_mismatch'],
  ['HOSTNAME_MISMATCH', 'hostname_mismatch'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self_signed'],
  // A root that is not trusted was sent along: the leaf has an issuer, nobody knows it.
  ['SELF_SIGNED_CERT_IN_CHAIN', 'unknown_ca'],
  ['UNABLE_TO_GET_ISSUER_CERT', 'unknown_ca'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'unknown_ca'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unknown_ca'],
  ['CERT_SIGNATURE_FAILURE', 'bad_signature'],
  ['UNABLE_TO_DECRYPT_CERT_SIGNATURE', 'bad_signature'],
  ['UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY', 'bad_signature'],
  ['CERT_REVOKED', 'revoked'],
  ['UNABLE_TO_GET_CRL', 'revocation_unknown'],
  ['UNABLE_TO_DECRYPT_CRL_SIGNATURE', 'revocation_unknown'],
  ['CRL_SIGNATURE_FAILURE', 'revocation_unknown'],
  ['OCSP_STAPLE_MISSING', 'revocation_unknown'],
  ['OCSP_STAPLE_INVALID', 'revocation_unknown'],
  ['CRL_NOT_YET_VALID', 'revocation_unknown'],
  ['CRL_HAS_EXPIRED', 'revocation_unknown'],
  ['ERROR_IN_CRL_LAST_UPDATE_FIELD', 'revocation_unknown'],
  ['ERROR_IN_CRL_NEXT_UPDATE_FIELD', 'revocation_unknown'],
  ['ERROR_IN_CERT_NOT_BEFORE_FIELD', 'malformed'],
  ['ERROR_IN_CERT_NOT_AFTER_FIELD', 'malformed'],
  ['CERT_CHAIN_TOO_LONG', 'path_length'],
  ['PATH_LENGTH_EXCEEDED', 'path_length'],
  ['INVALID_CA', 'invalid_ca'],
  ['INVALID_PURPOSE', 'wrong_purpose'],
  ['CERT_UNTRUSTED', 'untrusted'],
  ['CERT_REJECTED', 'untrusted'],
  ['OUT_OF_MEM', 'other'],
  // Said before anything is verified: octets behind the certificate.
  ['ERR_SSL_CERT_LENGTH_MISMATCH', 'malformed'],
])

/** So too, in TLS 1.2, of an ECDSA key that is not for signing; and of any, where OpenSSL could not read the certificate's extensions. */
const NOT_FOR_SIGNING = 'ERR_SSL_ECC_CERT_NOT_FOR_SIGNING'

/** A certificate, or its key, that cannot be read: of what a handshake carries, OpenSSL reads nothing else as ASN.1. */
const UNREADABLE = /:(?:asn1 encoding routines|x509 certificate routines|digital envelope routines:X509_PUBKEY_get0):/

/** OpenSSL's own words for what Node has no code for. The first that is found counts. */
const TEXTS: readonly (readonly [text: string, fault: VerificationFault])[] = [
  ['key too weak', 'weak_key'],
  ['digest algorithm too weak', 'weak_digest'],
  ['subtree violation', 'name_constraint'],
  ['name constraint', 'name_constraint'],
  ['name syntax', 'name_constraint'],
  ['purpose', 'wrong_purpose'],
  ['key usage does not include certificate signing', 'invalid_ca'],
  ['invalid ca certificate', 'invalid_ca'],
  ['basic constraints', 'invalid_ca'],
  ['pathlen', 'path_length'],
  ['path length', 'path_length'],
  ['has expired', 'expired'],
  ['not yet valid', 'not_yet_valid'],
  ['hostname mismatch', 'hostname_mismatch'],
  ['ip address mismatch', 'hostname_mismatch'],
  ['self-signed certificate in', 'unknown_ca'],
  ['self-signed', 'self_signed'],
  ['issuer certificate', 'unknown_ca'],
  ['revoked', 'revoked'],
  ['ocsp', 'revocation_unknown'],
  ['crl', 'revocation_unknown'],
  ['signature', 'bad_signature'],
  ['policy', 'policy'],
  ['critical extension', 'malformed'],
  ['certificate extension', 'malformed'],
  ['key identifier', 'malformed'],
  ['explicit params', 'malformed'],
]

/** The fault that an error of verification tells of, of `certificate` (DER) where it is at hand; `undefined` where it tells of something else. */
export function verificationFault(code: string, message: string, certificate?: Buffer): VerificationFault | undefined {
  if (code === NOT_FOR_SIGNING) return certificate === undefined || forbidsSigning(certificate) ? 'wrong_purpose' : 'malformed'
  const byCode = CODES.get(code)
  if (byCode !== undefined) return byCode
  if (code.startsWith('ERR_SSL_') && UNREADABLE.test(message)) return 'malformed'
  if (code !== 'UNSPECIFIED') return undefined
  const text = message.toLowerCase()
  return TEXTS.find(([words]) => text.includes(words))?.[1] ?? 'other'
}

function forbidsSigning(certificate: Buffer): boolean {
  return readCertificate(certificate)?.canSign === false
}
