/**
 * ShardGateway: how the acceptor hands connections to shards, whichever way they run. Main thread.
 *
 *     ThreadGateway   shards are worker threads: stop reading, dup, destroy, post a ticket
 *     InlineGateway   one shard on this very thread (`workers: 0`, or no dup): the socket itself changes hands
 */

import type { Socket } from 'node:net'
import type { AcceptorCounters } from '../../shared/counters/acceptor-counters.ts'
import { descriptorOf } from '../../shared/socket-handle.ts'
import type { ShardMessage, Ticket } from '../../shared/ticket.ts'
import { type DuplicateDescriptor, EMFILE } from '../descriptor.ts'
import type { ShardPool } from './shard-pool.ts'
import { ShardSelector } from './shard-selector.ts'

export type HandOffResult = 'handed_off' | 'no_shard' | 'no_descriptor' | 'gone'

export interface ShardGateway {
  /** Sessions that the shards carry or are about to. */
  readonly sessions: number
  /** Gives `socket` away. On 'handed_off' and 'gone' it is no longer the caller's. */
  handOff(socket: Socket, ticket: Omit<Ticket, 'descriptor'>): HandOffResult
  broadcast(message: ShardMessage): void
  close(): Promise<void>
}

export class ThreadGateway implements ShardGateway {
  readonly #pool: ShardPool
  readonly #duplicate: DuplicateDescriptor
  readonly #selector: ShardSelector
  readonly #loadOf: (shard: number) => number

  constructor(pool: ShardPool, duplicate: DuplicateDescriptor) {
    this.#pool = pool
    this.#duplicate = duplicate
    this.#selector = new ShardSelector(pool.size)
    this.#loadOf = (shard) => pool.load(shard)
  }

  get sessions(): number {
    let sum = 0
    for (let shard = 0; shard < this.#pool.size; shard++) sum += Math.max(0, this.#pool.load(shard))
    return sum
  }

  handOff(socket: Socket, ticket: Omit<Ticket, 'descriptor'>): HandOffResult {
    const shard = this.#selector.select(ticket.host, this.#loadOf)
    if (shard === -1) return 'no_shard'
    const descriptor = descriptorOf(socket)
    if (descriptor < 0) return 'gone'
    const copy = this.#duplicate(descriptor)
    if (copy < 0) return copy === EMFILE ? 'no_descriptor' : 'gone'
    // Closes our number only: the connection lives on in the duplicate.
    socket.destroy()
    this.#pool.post(shard, { ...ticket, descriptor: copy })
    return 'handed_off'
  }

  broadcast(message: ShardMessage): void {
    this.#pool.broadcast(message)
  }

  close(): Promise<void> {
    return this.#pool.close()
  }
}

/** The inline shard writes the counters and the ring of the first worker. */
const INLINE_WORKER = 1

/** What the inline gateway needs of a shard; the engine gives it one, so that the acceptor need not know the workers' room. */
export interface InlineShard {
  readonly size: number
  adoptSocket(ticket: Ticket, socket: Socket): void
  receive(message: ShardMessage): void
  close(): void
}

export class InlineGateway implements ShardGateway {
  readonly #shard: InlineShard
  readonly #counters: AcceptorCounters

  constructor(shard: InlineShard, counters: AcceptorCounters) {
    this.#shard = shard
    this.#counters = counters
  }

  get sessions(): number {
    return this.#shard.size
  }

  handOff(socket: Socket, ticket: Omit<Ticket, 'descriptor'>): HandOffResult {
    this.#counters.addShard(INLINE_WORKER, 'handed_off')
    this.#shard.adoptSocket({ ...ticket, descriptor: -1 }, socket)
    return 'handed_off'
  }

  broadcast(message: ShardMessage): void {
    this.#shard.receive(message)
  }

  async close(): Promise<void> {
    this.#shard.close()
  }
}
