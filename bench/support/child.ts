/**
 * Child: one process of a benchmark (proxy, origin or load), driven by request and answer over Node's IPC.
 *
 * Every variant runs in a process of its own, so that its CPU time is all that is measured and no variant warms another up.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { RuntimeFigures, type RuntimeUse } from './runtime-figures.ts'

/** How long a child may take for one answer: the longest round of a benchmark, many times over, on a busy machine. */
const ANSWER_DEADLINE_MS = 300_000

export class Child {
  readonly #process: ChildProcess
  #next = 0

  private constructor(process: ChildProcess) {
    this.#process = process
  }

  /** Starts `module` (relative to `bench/`) and waits for its `ready` message, which carries what it has to tell. */
  static async start<Ready>(
    module: string,
    args: readonly string[] = [],
    execArgv: readonly string[] = [],
  ): Promise<{ child: Child; ready: Ready }> {
    const path = fileURLToPath(new URL(`../${module}`, import.meta.url))
    const process = fork(path, [...args], { execArgv: [...execArgv], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const [ready] = (await once(process, 'message')) as [Ready]
    return { child: new Child(process), ready }
  }

  get pid(): number {
    return this.#process.pid ?? -1
  }

  /** Sends one request and waits for its answer. */
  ask<Answer>(what: string, argument: unknown = undefined): Promise<Answer> {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      const settle = () => {
        clearTimeout(deadline)
        this.#process.off('message', onMessage).off('exit', onExit)
      }
      const fail = (reason: string) => {
        settle()
        reject(new Error(`no answer to "${what}": ${reason}`))
      }
      const onExit = () => fail('the process has ended')
      const deadline = setTimeout(fail, ANSWER_DEADLINE_MS, `none within ${ANSWER_DEADLINE_MS} ms`)
      const onMessage = (message: { id: number; answer: Answer }) => {
        if (message.id !== id) return
        settle()
        resolve(message.answer)
      }
      this.#process.on('message', onMessage).once('exit', onExit)
      this.#process.send({ id, what, argument })
    })
  }

  /** CPU time of the whole process, all threads, in microseconds. */
  async cpu(): Promise<number> {
    const { user, system } = await this.ask<NodeJS.CpuUsage>('cpu')
    return user + system
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    const exited = once(this.#process, 'exit')
    this.#process.kill()
    await exited
  }
}

/** The other end, inside the child: answers `cpu`, `memory` and `runtime` by itself, the rest by `handlers`. */
export function serve(ready: unknown, handlers: Record<string, (argument: never) => unknown> = {}): void {
  process.on('message', async ({ id, what, argument }: { id: number; what: string; argument: never }) => {
    process.send?.({ id, answer: await answer(what, argument, handlers) })
  })
  process.once('disconnect', () => process.exit(0))
  process.send?.(ready)
}

function answer(what: string, argument: never, handlers: Record<string, (argument: never) => unknown>): unknown {
  if (what === 'cpu') return process.cpuUsage()
  if (what === 'memory') return process.memoryUsage()
  if (what === 'runtime') return takeRuntime()
  if (what === 'gc') return (globalThis as { gc?: () => void }).gc?.()
  // Ends in order, so that Node writes its CPU profiles (`--cpu-prof`).
  if (what === 'exit') setImmediate(() => process.exit(0))
  return handlers[what]?.(argument)
}

let figures: RuntimeFigures | undefined

/** Watches from the first question on: whoever never asks does not pay. */
function takeRuntime(): RuntimeUse {
  figures ??= new RuntimeFigures()
  return figures.take()
}
