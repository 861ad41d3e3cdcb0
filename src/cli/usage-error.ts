/**
 * UsageError: a command line that is not understood. Ends the process with EXIT_USAGE. Main thread.
 */

import { UserError } from '../shared/errors.ts'

export class UsageError extends UserError {
  override readonly name = 'UsageError'

  constructor(what: string, where: string, remedy = 'see soth-mitm --help') {
    super(what, where, remedy)
  }
}
