/** Programs of the machine that tests use as peers: whether they are there, and running them within bounds. */

import { spawn, spawnSync } from 'node:child_process'

/** Why `program` cannot be used, or false: for tap's `skip`. */
export function missing(program: string, ...versionArguments: readonly string[]): string | false {
  const asked = spawnSync(program, versionArguments.length === 0 ? ['--version'] : versionArguments, { stdio: 'ignore', timeout: 30_000 })
  return asked.error !== undefined || asked.status !== 0 ? `${program} is not installed on this machine` : false
}

export interface Finished {
  readonly code: number | null
  readonly output: string
}

/** Runs to the end, or to `timeoutMs`; never rejects. Input is empty. */
export function runProgram(
  program: string,
  given: readonly string[],
  { timeoutMs = 30_000, env = {} as NodeJS.ProcessEnv, cwd = undefined as string | undefined } = {},
): Promise<Finished> {
  return new Promise((resolve) => {
    const child = spawn(program, given, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    })
    let output = ''
    const keep = (part: Buffer) => {
      output += part.toString()
    }
    child.stdout.on('data', keep)
    child.stderr.on('data', keep)
    child.once('error', (error) => resolve({ code: null, output: error.message }))
    child.once('close', (code) => resolve({ code, output }))
  })
}
