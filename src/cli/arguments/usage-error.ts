/**
 * UsageError: a command line that is not understood. Ends the process with EXIT_USAGE. Main thread.
 */

import { UserError } from '../../shared/errors.ts'

const SEE_HELP = 'see soth-mitm --help'

export class UsageError extends UserError {
  override readonly name = 'UsageError'

  /** `remedy` absent: the help says it. */
  constructor(what: string, where: string, remedy = SEE_HELP) {
    super(what, where, remedy)
  }

  /** The same, in a line for `command`, whose own help it is then. */
  of(command: string): UsageError {
    return this.remedy === SEE_HELP ? new UsageError(this.what, this.where, `see soth-mitm ${command} --help`) : this
  }
}
