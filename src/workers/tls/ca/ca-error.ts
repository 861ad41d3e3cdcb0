/**
 * What can be wrong with the CA, or with a file of trusted roots, that the operator gave: a closed list, each with its remedy.
 *
 * These are the operator's mistakes, told at start or by `soth-mitm ca`, never a client's or an origin's. Any thread.
 */

import { isSystemError, systemReason, UserError } from '../../../shared/errors.ts'

export type CaErrorCode =
  | 'ca_unreadable'
  | 'ca_unwritable'
  | 'ca_exists'
  | 'ca_missing'
  | 'ca_corrupt'
  | 'ca_password'
  | 'ca_no_key'
  | 'ca_no_certificate'
  | 'ca_key_mismatch'
  | 'ca_key_unsupported'
  | 'ca_not_a_ca'
  | 'ca_constraint_not_critical'
  | 'ca_no_key_cert_sign'
  | 'ca_no_server_auth'
  | 'ca_no_key_identifier'
  | 'ca_expired'
  | 'ca_not_yet_valid'
  | 'trust_unreadable'
  | 'trust_empty'

const MAKE_WRITABLE = 'make the directory writable for this user'
const FREE_SPACE = 'free some space there'
const WRITE_REMEDIES: Readonly<Record<string, string>> = {
  EACCES: MAKE_WRITABLE,
  EPERM: MAKE_WRITABLE,
  EROFS: MAKE_WRITABLE,
  ENOSPC: FREE_SPACE,
  EDQUOT: FREE_SPACE,
}

export class CaError extends UserError {
  override readonly name = 'CaError'
  readonly code: CaErrorCode

  /** `what` names the file, save where `where` does; `remedy` is what the operator can do about it. */
  constructor(code: CaErrorCode, what: string, remedy: string, cause?: unknown, where = '') {
    super(what, where, remedy, cause)
    this.code = code
  }

  /** `what` could not be written to the CA's `directory`. `cause`: the system's error. */
  static unwritable(what: string, directory: string, cause: unknown): CaError {
    const help = isSystemError(cause) ? WRITE_REMEDIES[cause.code ?? ''] : undefined
    const remedy = `${help === undefined ? '' : `${help}, or `}give another directory with --ca-dir`
    return new CaError('ca_unwritable', `cannot write ${what} to ${directory}: ${systemReason(cause)}`, remedy, cause)
  }

  /** The same, found in the file `path`. */
  in(path: string): CaError {
    return new CaError(this.code, this.what, this.remedy, this.cause, path)
  }
}
