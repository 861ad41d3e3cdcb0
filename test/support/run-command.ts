/**
 * runCommand: a foreign client as a child process, its output collected; and whether the machine has it.
 */

import { spawn, spawnSync } from 'node:child_process'

const RUN_DEADLINE_MS = 180_000

export interface CommandResult {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  readonly cwd?: string
  readonly deadlineMs?: number
}

export function runCommand(command: string, args: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd: options.cwd,
      env: { ...withoutProxies(process.env), ...options.env },
      timeout: options.deadlineMs ?? RUN_DEADLINE_MS,
      killSignal: 'SIGKILL',
    })
    let stdout = ''
    let stderr = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text
    })
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, stdout, stderr }))
    child.stdin.end(options.input ?? '')
  })
}

/** The reason to skip what needs `command`, or false. `flag` makes it end at once, with `expected` as its exit code. */
export function lacks(command: string, flag = '--version', expected = 0): string | false {
  const { error, status } = spawnSync(command, [flag], { stdio: 'ignore' })
  return error === undefined && status === expected ? false : `${command} is not installed`
}

/** What this machine has set for itself would lead the client past the engine. */
function withoutProxies(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(https?|no|all)_proxy$/i.test(name)))
}
