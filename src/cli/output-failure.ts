/**
 * Standard output or error that cannot be written to: without a listener either would end the process with a stack trace. Main thread.
 *
 *     a reader who has gone (`soth-mitm faults | head -1`)     has what they wanted: no failure
 *     a full disk, a device that failed                        one line, and EXIT_FAILED: what was said has not arrived
 */

import { asUserError, messageOf } from '../shared/errors.ts'
import { EXIT_FAILED } from './exit-codes.ts'

export function heedOutputFailure(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return
    process.stderr.write(`soth-mitm: ${messageOf(asUserError(error, 'standard output'))}\n`)
    process.exitCode = EXIT_FAILED
  })
  // There is nowhere left to say it.
  process.stderr.on('error', () => undefined)
}
