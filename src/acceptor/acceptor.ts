/**
 * Acceptor: owns the listening sockets; accepts, caps, and gives every connection to an intake. Main thread.
 *
 * At the session cap, and when the process runs out of descriptors, new connections get a 503 and the acceptor goes on: a few
 * descriptors are held back for exactly that.
 */

import { closeSync, openSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { devNull } from 'node:os'
import type { ListenAddress } from '../shared/options/listen-address.ts'
import { refusalResponse } from '../shared/refusals/refusal-response.ts'
import { refusalSlot } from '../shared/refusals/refusal-slots.ts'
import { refusals } from '../shared/refusals/registry.ts'
import { Intake } from './intake.ts'
import type { IntakeContext } from './intake-context.ts'

/** Kernel queue of connections not yet accepted: a burst of this many waits instead of being refused. Linux caps it at somaxconn (4096). */
const BACKLOG = 4_096
/** Descriptors held back, to be given up when `accept` fails with EMFILE: enough to answer a burst with 503. */
const SPARE_DESCRIPTORS = 32
/** After EMFILE the spares are taken back when this has passed. */
const SPARE_RETURN_MS = 1_000

export class Acceptor {
  readonly #servers: Server[] = []
  readonly #intakes = new Set<Intake>()
  readonly #cap: number
  readonly #sessions: () => number
  /** Undefined until the shards can take connections: until then they wait in the kernel's queue and here. */
  #context: IntakeContext | undefined = undefined
  #waiting: Socket[] = []
  #spares: number[] = []
  #draining = false

  /** `sessions` counts what the shards carry; with the open intakes it must stay within `cap`. */
  constructor(cap: number, sessions: () => number) {
    this.#cap = cap
    this.#sessions = sessions
    this.#takeSpares()
  }

  /** Connections that begin from now on are treated by `context`: the first, or after a reload another. */
  serve(context: IntakeContext): void {
    this.#context = context
    for (const socket of this.#waiting.splice(0)) this.#admit(context, socket)
  }

  /** Binds one address; resolves to it with the port that the system chose. Rejects with the system's error. */
  listen(address: ListenAddress): Promise<ListenAddress> {
    const server = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#onConnection(socket))
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      const options = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port }
      server.listen({ ...options, backlog: BACKLOG }, () => {
        server.off('error', reject)
        server.on('error', (error: NodeJS.ErrnoException) => this.#onAcceptError(error))
        this.#servers.push(server)
        const bound = server.address()
        resolve(address.kind === 'tcp' && bound !== null && typeof bound === 'object' ? { ...address, port: bound.port } : address)
      })
    })
  }

  /** Stops accepting; connections that have not sent their head yet get a 503. */
  drain(): void {
    this.#draining = true
    for (const server of this.#servers) server.close()
    for (const intake of this.#intakes) intake.refuse(refusals.draining, 'draining')
  }

  close(): void {
    for (const server of this.#servers) server.close()
    for (const intake of this.#intakes) intake.destroy()
    for (const socket of this.#waiting.splice(0)) socket.destroy()
    this.#giveSpares()
  }

  #onConnection(socket: Socket): void {
    if (this.#context === undefined) this.#waiting.push(socket)
    else this.#admit(this.#context, socket)
  }

  #admit(context: IntakeContext, socket: Socket): void {
    const { counters } = context
    counters.add('accepted')
    if (this.#draining || this.#sessions() + this.#intakes.size >= this.#cap) {
      const refusal = this.#draining ? refusals.draining : refusals.session_limit
      counters.addRefused(refusalSlot(refusal.code))
      socket.on('error', ignore)
      socket.once('close', () => counters.add('closed'))
      context.closer.close(socket, refusalResponse(refusal, { nowMs: Date.now() }))
      return
    }
    const intake = new Intake(context, socket, () => {
      this.#intakes.delete(intake)
    })
    this.#intakes.add(intake)
  }

  /** EMFILE or ENFILE: libuv has dropped a connection. Give up the spares, so that the next ones can be answered. */
  #onAcceptError(_error: NodeJS.ErrnoException): void {
    this.#context?.counters.addRefused(refusalSlot(refusals.session_limit.code))
    if (this.#spares.length === 0) return
    this.#giveSpares()
    setTimeout(() => this.#takeSpares(), SPARE_RETURN_MS).unref()
  }

  #takeSpares(): void {
    try {
      while (this.#spares.length < SPARE_DESCRIPTORS) this.#spares.push(openSync(devNull, 'r'))
    } catch {
      // Still out of descriptors: what could be had is held, and taken up to the number next time.
    }
  }

  #giveSpares(): void {
    for (const spare of this.#spares.splice(0)) closeSync(spare)
  }
}

function ignore(): void {}
