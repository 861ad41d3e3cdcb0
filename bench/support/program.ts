/**
 * Program: a foreign program as a process of its own on loopback: started, waited for, measured through /proc, stopped by its id.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuMicros, memoryBytes, processTree } from './process-tree.ts'

const START_DEADLINE_MS = 30_000
const STOP_DEADLINE_MS = 5_000
const POLL_MS = 50

/** Whatever ends a benchmark, its programs end with it. */
const running = new Set<ChildProcess>()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

export interface ProgramAsked {
  readonly command: string
  readonly args: readonly string[]
  /** The port that it was told to listen on; undefined: it prints it as its first line. */
  readonly port?: number
  readonly env?: Readonly<Record<string, string>>
}

export class Program {
  readonly port: number
  readonly #process: ChildProcess

  private constructor(process: ChildProcess, port: number) {
    this.#process = process
    this.port = port
  }

  /** Resolves once the port accepts connections. */
  static async start({ command, args, port, env }: ProgramAsked): Promise<Program> {
    const child = spawn(command, [...args], {
      stdio: ['ignore', port === undefined ? 'pipe' : 'ignore', 'pipe'],
      env: { ...process.env, ...env },
    })
    let complaint = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      complaint = (complaint + chunk.toString()).slice(-2_000)
    })
    child.once('error', (error) => {
      complaint = error.message
    })
    running.add(child)
    child.once('exit', () => running.delete(child))
    const deadline = performance.now() + START_DEADLINE_MS
    const bound = port ?? Number(await firstLine(child))
    while (!(await accepts(bound))) {
      if (child.exitCode !== null || child.pid === undefined || performance.now() > deadline) {
        child.kill('SIGKILL')
        throw new Error(`${command} did not start: ${complaint.trim()}`)
      }
      await sleep(POLL_MS)
    }
    return new Program(child, bound)
  }

  /** Itself and its helpers. */
  get pids(): number[] {
    return this.#process.pid === undefined ? [] : processTree(this.#process.pid)
  }

  cpu(): number {
    return cpuMicros(this.pids)
  }

  memory(what: 'now' | 'peak'): number {
    return memoryBytes(this.pids, what)
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return
    const pids = this.pids
    const exited = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await Promise.race([exited, sleep(STOP_DEADLINE_MS)])
    // Helpers, and a program that drains for longer than a benchmark waits.
    for (const pid of pids) kill(pid)
    await exited
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

async function firstLine(child: ChildProcess): Promise<string> {
  const ended = once(child, 'exit').then((): [Buffer] => [Buffer.alloc(0)])
  const [chunk] = (await Promise.race([once(child.stdout ?? child, 'data'), ended])) as [Buffer]
  return chunk.toString().split('\n')[0] ?? ''
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

/** A port that was free a moment ago, for programs that cannot be told to take any. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
