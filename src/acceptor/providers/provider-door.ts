/**
 * ProviderDoor: a Unix-domain socket on which other proxies report the TLS outcomes that they saw, one JSON object a line.
 * Main thread.
 *
 *     octets ─▶ lines, bounded ─▶ checked ─▶ events of flows of their own, and bypass learning
 *                   │                │
 *                   └── {"line": N, "error": "…"} ◀┘   the answer to a line that is wrong; right ones get none
 *
 * Whoever may open the socket may write events, so only its owner can: mode 0600 from the moment that it exists. A provider
 * that writes faster than the limit is not read for a while, and waits in its own socket.
 */

import { chmodSync, unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { isMainThread } from 'node:worker_threads'
import { isAbandonedSocket } from '../../shared/abandoned-socket.ts'
import {
  PROVIDER_ANSWER_BYTES,
  PROVIDER_CONNECTIONS,
  PROVIDER_LINE_BYTES,
  PROVIDER_LINES_AT_ONCE,
  PROVIDER_LINES_PER_SECOND,
} from '../../shared/limits/providers.ts'
import { LineBudget } from './line-budget.ts'
import { parseProviderEvent } from './provider-event.ts'
import { ProviderFlows, type ProviderFlowsOptions } from './provider-flows.ts'
import { ProviderLines } from './provider-lines.ts'

export interface ProviderDoorOptions extends ProviderFlowsOptions {
  readonly path: string
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void
}

const OWNER_ONLY = 0o600
const OTHERS_BITS = 0o177

export class ProviderDoor {
  readonly #options: ProviderDoorOptions
  readonly #server: Server
  readonly #guests = new Set<Guest>()

  constructor(options: ProviderDoorOptions) {
    this.#options = options
    this.#server = createServer((socket) => {
      const guest = new Guest(socket, options, () => this.#guests.delete(guest))
      this.#guests.add(guest)
    })
    this.#server.maxConnections = PROVIDER_CONNECTIONS
  }

  /** Rejects with the system's error. A socket file that nobody listens on any more is replaced. */
  async open(): Promise<void> {
    try {
      await this.#listen()
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !(await isAbandonedSocket(this.#options.path))) throw error
      unlinkSync(this.#options.path)
      await this.#listen()
    }
  }

  close(): Promise<void> {
    for (const guest of this.#guests) guest.end('draining')
    return new Promise((resolve) => this.#server.close(() => resolve()))
  }

  #listen(): Promise<void> {
    const { path } = this.#options
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      // The file is made inside this call: the umask is ours for no longer. Threads of an embedding program cannot set it.
      const before = isMainThread ? process.umask(OTHERS_BITS) : undefined
      try {
        this.#server.listen({ path }, () => {
          this.#server.off('error', reject)
          this.#server.on('error', (error) => this.#options.log('warn', `provider socket: ${error.message}`))
          chmodSync(path, OWNER_ONLY)
          resolve()
        })
      } finally {
        if (before !== undefined) process.umask(before)
      }
    })
  }
}

/** One provider's connection. */
class Guest {
  readonly #socket: Socket
  readonly #flows: ProviderFlows
  readonly #lines: ProviderLines
  readonly #budget = new LineBudget(PROVIDER_LINES_PER_SECOND, PROVIDER_LINES_AT_ONCE, performance.now())
  readonly #log: ProviderDoorOptions['log']
  #seen = 0
  #wrong = 0
  #resume: NodeJS.Timeout | undefined = undefined
  #ended = false

  constructor(socket: Socket, options: ProviderDoorOptions, onEnd: () => void) {
    this.#socket = socket
    this.#flows = new ProviderFlows(options)
    this.#log = options.log
    this.#lines = new ProviderLines({
      onLine: (text) => this.#line(text),
      onTooLong: () => {
        this.#seen++
        this.#refuse(`a line has at most ${PROVIDER_LINE_BYTES} octets`)
      },
    })
    socket.on('data', (bytes: Buffer) => this.#read(bytes))
    socket.on('error', ignore)
    socket.once('close', () => {
      this.end('completed')
      onEnd()
    })
  }

  /** Ends its flows and its connection. */
  end(reason: 'completed' | 'draining'): void {
    if (this.#ended) return
    this.#ended = true
    clearTimeout(this.#resume)
    this.#flows.end(reason, performance.now())
    if (this.#wrong > 1) this.#log('warn', `provider socket: ${this.#wrong} of ${this.#seen} lines were wrong`)
    this.#socket.destroy()
  }

  #read(bytes: Buffer): void {
    if (this.#ended) return
    const before = this.#seen
    this.#lines.execute(bytes)
    const waitMs = this.#budget.spend(this.#seen - before, performance.now())
    if (waitMs === 0) return
    this.#socket.pause()
    this.#resume = setTimeout(() => this.#socket.resume(), waitMs)
  }

  #line(text: string): void {
    this.#seen++
    const event = parseProviderEvent(text)
    if (typeof event === 'string') this.#refuse(event)
    else this.#flows.accept(event, performance.now())
  }

  /** The provider is told of every wrong line, as long as it reads; the operator of the first. */
  #refuse(error: string): void {
    if (this.#wrong++ === 0) this.#log('warn', `provider socket: line ${this.#seen} is wrong: ${error}`)
    if (this.#socket.writableLength > PROVIDER_ANSWER_BYTES || !this.#socket.writable) return
    this.#socket.write(`${JSON.stringify({ line: this.#seen, error })}\n`)
  }
}

function ignore(): void {}
