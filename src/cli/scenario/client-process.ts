/**
 * The client of a scenario as a process: its output goes to standard error, for standard output is the report's. Ended when its time
 * is over, or the scenario is interrupted. Main thread.
 */

import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { EXIT_SIGNAL_BASE } from '../exit-codes.ts'
import { atInterruption } from '../interruption.ts'

const STDERR = 2
/** What a client gets to end in order, before it is killed. */
const GRACE_MS = 2_000

export interface ClientEnd {
  /** As a shell gives it; undefined: it never ran. */
  readonly exitCode: number | undefined
  readonly isTimedOut: boolean
  /** Why it did not start. */
  readonly problem: string | undefined
}

export function runClient([program = '', ...args]: readonly string[], env: NodeJS.ProcessEnv, timeoutMs: number): Promise<ClientEnd> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: ['ignore', STDERR, STDERR] })
    let isTimedOut = false
    const killer = setTimeout(() => child.kill('SIGKILL'), timeoutMs + GRACE_MS)
    const timer = setTimeout(() => {
      isTimedOut = true
      child.kill('SIGTERM')
    }, timeoutMs)
    const callOff = atInterruption(() => child.kill())
    const end = (exitCode: number | undefined, problem?: string): void => {
      callOff()
      clearTimeout(timer)
      clearTimeout(killer)
      resolve({ exitCode, isTimedOut, problem })
    }
    child.once('error', (error) => {
      if (child.pid === undefined) end(undefined, error.message)
    })
    child.once('exit', (code, signal) => end(code ?? EXIT_SIGNAL_BASE + (signal === null ? 0 : constants.signals[signal])))
  })
}
