/**
 * Runs a program in the foreground as its parent's stand-in: same standard streams, signals passed on, exit code passed through.
 * Main thread.
 *
 *     exit code      the program's; 128 + n where signal n ended it; 127: not found; 126: found and not executable (POSIX shells')
 *     SIGTERM, SIGHUP, SIGUSR1, SIGUSR2     passed on; the first of the last two would open Node's debugger else
 *     SIGINT, SIGQUIT              passed on, save on a terminal, which sends Ctrl-C to the whole foreground group itself
 */

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { isatty } from 'node:tty'
import { asUserError, UserError } from '../../shared/errors.ts'
import { EXIT_SIGNAL_BASE } from '../exit-codes.ts'

const EXIT_NOT_FOUND = 127
const EXIT_NOT_EXECUTABLE = 126
const PASSED_ON: readonly NodeJS.Signals[] = process.platform === 'win32' ? [] : ['SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2']
const FROM_TERMINAL: readonly NodeJS.Signals[] = process.platform === 'win32' ? ['SIGINT'] : ['SIGINT', 'SIGQUIT']

/** One of them on a terminal is enough to be in its foreground group, as in `… | soth-mitm exec -- CMD`: twice, Ctrl-C often means another thing. */
const STANDARD_STREAMS = [0, 1, 2]

export interface ChildEnd {
  readonly exitCode: number
  /** Why it did not start. */
  readonly problem: string | undefined
}

export function runChild([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): Promise<ChildEnd> {
  return new Promise((resolve) => {
    // To a shell, an empty word is a name like others; Node does not take it.
    if (program === '') return resolve({ exitCode: EXIT_NOT_FOUND, problem: 'no such program' })
    const child = spawn(program, args, { env, stdio: 'inherit' })
    const passOn = (signal: NodeJS.Signals): void => {
      child.kill(signal)
    }
    const stay = (signal: NodeJS.Signals): void => {
      if (!STANDARD_STREAMS.some((descriptor) => isatty(descriptor))) child.kill(signal)
    }
    for (const signal of PASSED_ON) process.on(signal, passOn)
    for (const signal of FROM_TERMINAL) process.on(signal, stay)
    const end = (exitCode: number, problem?: string): void => {
      for (const signal of PASSED_ON) process.removeListener(signal, passOn)
      for (const signal of FROM_TERMINAL) process.removeListener(signal, stay)
      resolve({ exitCode, problem })
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      // A signal that could not be sent is an 'error' too; the program runs on, and its exit tells.
      if (child.pid !== undefined) return
      if (error.code === 'ENOENT') end(EXIT_NOT_FOUND, whatIsMissing(program))
      else end(EXIT_NOT_EXECUTABLE, reasonOf(error))
    })
    child.once('exit', (code, signal) => end(code ?? EXIT_SIGNAL_BASE + (signal === null ? 0 : constants.signals[signal])))
  })
}

function reasonOf(error: Error): string {
  const worded = asUserError(error)
  return worded instanceof UserError ? worded.what : error.message
}

/** The kernel says the same of a script whose `#!` line names nothing. A word without a slash is looked for on PATH. */
function whatIsMissing(program: string): string {
  return program.includes('/') && existsSync(program) ? 'the interpreter in its first line is not there' : 'no such program'
}
