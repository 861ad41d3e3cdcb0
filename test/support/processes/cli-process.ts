/**
 * CliProcess: one run of a command line as a real child process, its output collected, its exit awaited.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** A child that has not ended by then is a failed test, not a hung one. */
const RUN_DEADLINE_MS = 180_000

export const REAL_CLI = new URL('../../../src/cli.js', import.meta.url)
export const FAKE_ENGINE_CLI = new URL('./fake-engine-cli.js', import.meta.url)

export class CliProcess {
  readonly child: ChildProcess
  readonly ended: Promise<number | null>
  stdout = ''
  stderr = ''

  /** `descriptors`: the process may have so many. A shell sets the limit, because Node cannot, and becomes the process. */
  constructor(entry: URL, args: readonly string[], environment: Readonly<Record<string, string>> = {}, descriptors?: number) {
    const command = [process.execPath, fileURLToPath(entry), ...args] as const
    const limited = ['sh', '-c', 'ulimit -n "$0" && exec "$@"', String(descriptors), ...command] as const
    const [file, ...rest] = descriptors === undefined ? command : limited
    this.child = spawn(file, rest, {
      // tap's own hooks, which it hands down to children, are for tests and not for the programs that these start.
      env: { ...process.env, NODE_OPTIONS: '', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: RUN_DEADLINE_MS,
      killSignal: 'SIGKILL',
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text
    })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text
    })
    this.ended = once(this.child, 'close').then(([code]) => code as number | null)
  }

  /** Resolves when either output matches; rejects when the process has ended without. */
  async says(pattern: RegExp): Promise<RegExpExecArray> {
    let over = false
    const end = this.ended.then(() => {
      over = true
    })
    for (;;) {
      const found = pattern.exec(this.stdout) ?? pattern.exec(this.stderr)
      if (found !== null) return found
      if (over) throw new Error(`never said ${pattern}; stdout: ${this.stdout}; stderr: ${this.stderr}`)
      await Promise.race([end, new Promise((resolve) => setTimeout(resolve, 10))])
    }
  }
}
