/** verificationFault: code first, text second, and nothing where the error is about something else. */

import t from 'tap'
import { VERIFICATION_FAULTS, verificationFault } from '../../../../src/workers/tls/failure/verification-error.ts'

const ERRORS: readonly (readonly [code: string, message: string, fault: string | undefined])[] = [
  ['CERT_HAS_EXPIRED', 'self-signed certificate', 'expired'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', '', 'self_signed'],
  ['SELF_SIGNED_CERT_IN_CHAIN', '', 'unknown_ca'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', '', 'hostname_mismatch'],
  ['UNSPECIFIED', 'EE certificate key too weak', 'weak_key'],
  ['UNSPECIFIED', 'CA signature digest algorithm too weak', 'weak_digest'],
  ['UNSPECIFIED', 'permitted subtree violation', 'name_constraint'],
  ['UNSPECIFIED', 'unsuitable certificate purpose', 'wrong_purpose'],
  ['UNSPECIFIED', 'self-signed certificate in certificate chain', 'unknown_ca'],
  ['UNSPECIFIED', 'unhandled critical extension', 'malformed'],
  ['UNSPECIFIED', 'no words that anybody knows', 'other'],
  ['UNSPECIFIED', '', 'other'],
  ['ECONNRESET', 'certificate has expired', undefined],
  ['', 'self-signed', undefined],
  ['constructor', '', undefined],
]

t.test('faults', async (t) => {
  for (const [code, message, fault] of ERRORS) {
    t.equal(verificationFault(code, message), fault, `${code}: ${message}`)
    if (fault !== undefined) t.ok((VERIFICATION_FAULTS as readonly string[]).includes(fault))
  }
})
