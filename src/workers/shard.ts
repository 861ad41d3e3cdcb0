/**
 * Shard: the sessions of one thread; adopts tickets, sweeps idle sessions, drains. Worker thread, or the main thread when
 * sessions run inline: the same class behind the same calls.
 */

import { closeSync } from 'node:fs'
import { Socket } from 'node:net'
import { messageOf } from '../shared/errors.ts'
import { FlowCursor } from '../shared/events/flow-cursor.ts'
import type { ShardMessage, Ticket } from '../shared/ticket.ts'
import { reloadShardContext } from './build-shard-context.ts'
import { idleLimitMs } from './idle-limit.ts'
import { Session } from './session.ts'
import type { ShardContext } from './shard-context.ts'
import { runConnect } from './stages/connect-stages.ts'
import { runPlain } from './stages/plain-stages.ts'

/** Idle sessions are found this late at most; a sweep over 10,000 sessions takes 1 ms. */
const SWEEP_MS = 1_000

export class Shard {
  #context: ShardContext
  readonly #sessions = new Set<Session>()
  readonly #sweeper: NodeJS.Timeout
  #draining = false

  constructor(context: ShardContext) {
    this.#context = context
    this.#sweeper = setInterval(() => this.#sweep(), SWEEP_MS)
    this.#sweeper.unref()
  }

  /**
   * Adopts the descriptor of `ticket`: from here on it is this shard's to close. That it sends without delay was set by the acceptor,
   * and is a property of the connection, not of its descriptors.
   */
  adopt(ticket: Ticket): void {
    this.#context.counters.add('adopted')
    let client: Socket
    try {
      client = new Socket({ fd: ticket.descriptor, readable: true, writable: true, allowHalfOpen: true, manualStart: true } as never)
    } catch (error) {
      this.#refuse(ticket, error)
      return
    }
    this.#begin(ticket, client)
  }

  /** Takes over a socket of the same thread. */
  adoptSocket(ticket: Ticket, client: Socket): void {
    this.#context.counters.add('adopted')
    this.#begin(ticket, client)
  }

  /** The descriptor is not, or no longer, a socket that can be opened: the client has gone on its way between the threads. */
  #refuse(ticket: Ticket, error: unknown): void {
    const context = this.#context
    try {
      closeSync(ticket.descriptor)
    } catch {
      // Not open either.
    }
    const flow = new FlowCursor(ticket.flow, ticket.flowSeq, 'tunnel')
    const detail = `the connection could not be adopted: ${messageOf(error)}`
    context.events.emit('stream_closed', flow, { close_reason: 'client_reset', detail }, performance.now())
    context.counters.add('ended')
  }

  #begin(ticket: Ticket, client: Socket): void {
    const session = new Session(this.#context, ticket, client, (ended) => this.#onEnd(ended))
    this.#sessions.add(session)
    session.run(ticket.kind === 'connect' ? runConnect : runPlain)
  }

  get size(): number {
    return this.#sessions.size
  }

  receive(message: ShardMessage): void {
    switch (message.kind) {
      case 'ticket':
        this.adopt(message.ticket)
        return
      case 'reload':
        this.#context = reloadShardContext(this.#context, message)
        return
      case 'drain':
        this.#drain(message.deadlineMs)
        return
    }
  }

  /** Ends what is idle now, what is not behind its last exchange, and what is left at the deadline. */
  #drain(deadlineMs: number): void {
    this.#draining = true
    this.#sweep()
    setTimeout(() => this.#endAll('the drain deadline has passed'), deadlineMs).unref()
  }

  close(): void {
    clearInterval(this.#sweeper)
    this.#endAll('the engine closed')
    for (const session of this.#sessions) session.exchanges?.abandon()
    this.#context.originPool.close()
  }

  #endAll(detail: string): void {
    for (const session of this.#sessions) session.giveUp('draining', detail)
  }

  #sweep(): void {
    const now = performance.now()
    const { limits } = this.#context.options
    for (const session of this.#sessions) {
      if (!session.isRelaying) continue
      session.exchanges?.flushIdle(now, limits.ws_turn_idle_ms)
      if (this.#draining) session.leave()
      this.#endIdle(session, now)
    }
  }

  #endIdle(session: Session, now: number): void {
    const limit = idleLimitMs(session, session.limits)
    if (session.idleFor(now) > limit) session.giveUp('idle_timeout', `no byte in either direction for ${limit} ms`)
  }

  #onEnd(session: Session): void {
    this.#sessions.delete(session)
    this.#context.counters.add('ended')
  }
}
