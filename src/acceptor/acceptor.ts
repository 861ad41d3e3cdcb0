/**
 * Acceptor: owns the listening sockets; accepts, caps, and gives every connection to an intake. Main thread.
 *
 * At the session cap, and when the process runs out of descriptors, new connections get a 503 and the acceptor goes on.
 * Waiting for `accept` to fail would be too late: libuv then closes the connections without a word, and tells nobody. But a
 * new descriptor has the lowest free number (POSIX), so the number of an accepted connection tells how many are left.
 *
 *     0 ………………………… sessions ………………………… │ …… 503, read to the end …… │ … 503 … │ limit
 *                                           └ limit − spare                └ limit − spare ÷ 2
 */

import { unlinkSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { isAbandonedSocket } from '../shared/abandoned-socket.ts'
import type { ListenAddress } from '../shared/options/listen-address.ts'
import { refusalResponse } from '../shared/refusals/refusal-response.ts'
import { refusalSlot } from '../shared/refusals/refusal-slots.ts'
import { refusals } from '../shared/refusals/registry.ts'
import { descriptorOf } from '../shared/socket-handle.ts'
import { Intake } from './intake.ts'
import type { IntakeContext } from './intake-context.ts'

/** Kernel queue of connections not yet accepted: a burst of this many waits instead of being refused. Linux caps it at somaxconn (4096). */
const BACKLOG = 4_096
/** Descriptors that no new session gets: sessions under way still open their origins, and refusals are read by their clients. */
const SPARE_DESCRIPTORS = 128
/** Of a small table, the spare part: one in so many. */
const SPARE_SHARE = 4

export interface AcceptorOptions {
  /** Client connections that may be open at once. */
  readonly cap: number
  /** What the shards carry; with the open intakes it must stay within `cap`. */
  readonly sessions: () => number
  /** Descriptors that the process may have; undefined where there is no limit. */
  readonly descriptors: number | undefined
}

export class Acceptor {
  readonly #servers: Server[] = []
  readonly #intakes = new Set<Intake>()
  readonly #cap: number
  readonly #sessions: () => number
  /** From this descriptor number on connections are refused, and from `#noLinger` on they are not lingered over either. */
  readonly #noSession: number
  readonly #noLinger: number
  /** The lowest descriptor number of a connection so far: below it lies what the process itself holds. */
  #firstDescriptor = Number.POSITIVE_INFINITY
  /** Undefined until the shards can take connections: until then they wait in the kernel's queue and here. */
  #context: IntakeContext | undefined = undefined
  readonly #waiting = new Set<Socket>()
  #draining = false

  constructor({ cap, sessions, descriptors = Number.POSITIVE_INFINITY }: AcceptorOptions) {
    this.#cap = cap
    this.#sessions = sessions
    const spare = Math.min(SPARE_DESCRIPTORS, Math.floor(descriptors / SPARE_SHARE))
    this.#noSession = descriptors - spare
    this.#noLinger = descriptors - spare / 2
  }

  /** Connections that begin from now on are treated by `context`: the first, or after a reload another. */
  serve(context: IntakeContext): void {
    this.#context = context
    for (const socket of this.#takeWaiting()) this.#admit(context, socket)
  }

  /**
   * Binds one address; resolves to it with the port that the system chose. Rejects with the system's error. A Unix socket that nobody
   * listens on any more is replaced: whoever restarts a killed proxy has nothing to clear away.
   */
  async listen(address: ListenAddress): Promise<ListenAddress> {
    try {
      return await this.#bind(address)
    } catch (error) {
      const isTaken = (error as NodeJS.ErrnoException).code === 'EADDRINUSE'
      if (!isTaken || address.kind !== 'unix' || !(await isAbandonedSocket(address.path))) throw error
      unlinkSync(address.path)
      return this.#bind(address)
    }
  }

  #bind(address: ListenAddress): Promise<ListenAddress> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#onConnection(socket))
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      const options = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }
      server.listen({ ...options, backlog: BACKLOG }, () => {
        server.off('error', reject)
        // A failed accept concerns one connection, which is gone: the server goes on.
        server.on('error', ignore)
        this.#servers.push(server)
        const bound = server.address()
        resolve(address.kind === 'tcp' && bound !== null && typeof bound === 'object' ? { ...address, port: bound.port } : address)
      })
    })
  }

  /** Connections that have not sent their head yet, and all that come, get a 503 until `close`. */
  drain(): void {
    this.#draining = true
    for (const intake of this.#intakes) intake.refuse(refusals.draining, 'draining')
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const intake of this.#intakes) intake.destroy()
    for (const socket of this.#takeWaiting()) socket.destroy()
  }

  #onConnection(socket: Socket): void {
    if (this.#context !== undefined) {
      this.#admit(this.#context, socket)
      return
    }
    this.#waiting.add(socket)
    // A client that leaves before it is served was never there.
    socket.on('error', ignore).on('end', destroy).on('close', this.#forgetWaiting)
  }

  readonly #forgetWaiting = (): void => {
    for (const socket of this.#waiting) if (socket.destroyed) this.#waiting.delete(socket)
  }

  #takeWaiting(): Socket[] {
    const sockets = [...this.#waiting].filter((socket) => !socket.destroyed)
    this.#waiting.clear()
    for (const socket of sockets) socket.off('end', destroy).off('close', this.#forgetWaiting)
    return sockets
  }

  #admit(context: IntakeContext, socket: Socket): void {
    const { counters } = context
    counters.add('accepted')
    if (this.#draining || this.#isFull(socket)) {
      const refusal = this.#draining ? refusals.draining : refusals.session_limit
      counters.addRefused(refusalSlot(refusal.code))
      socket.on('error', ignore)
      socket.once('close', () => counters.add('closed'))
      context.closer.close(socket, refusalResponse(refusal, { nowMs: Date.now() }), descriptorOf(socket) < this.#noLinger)
      return
    }
    const intake = new Intake(context, socket, () => {
      this.#intakes.delete(intake)
    })
    this.#intakes.add(intake)
  }

  /** Every session has a second descriptor, for its origin, or will want one. */
  #isFull(socket: Socket): boolean {
    const descriptor = descriptorOf(socket)
    this.#firstDescriptor = Math.min(this.#firstDescriptor, descriptor)
    const sessions = this.#sessions() + this.#intakes.size
    return sessions >= this.#cap || descriptor >= this.#noSession || this.#firstDescriptor + 2 * (sessions + 1) > this.#noSession
  }
}

function ignore(): void {}

function destroy(this: Socket): void {
  this.destroy()
}
