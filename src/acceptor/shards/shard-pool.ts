/**
 * ShardPool: the worker threads, as long-running Piscina tasks, and the tickets on their way to them. Main thread.
 *
 * One task per shard for the life of the thread; a connection costs one `postMessage` on the shard's port and no task. When
 * a task rejects because its thread died, the shard is started anew on a fresh thread, tickets that the dead thread had not
 * adopted yet go to the new one, and the flows that it carried are reported as lost.
 */

import { closeSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { MessageChannel, type MessagePort } from 'node:worker_threads'
import { Piscina } from 'piscina'
import type { ShardReport } from '../../shared/client-outcome.ts'
import type { AcceptorCounters } from '../../shared/counters/acceptor-counters.ts'
import type { CountersView } from '../../shared/counters/counters-view.ts'
import type { ShardStart } from '../../shared/shard-start.ts'
import type { ShardMessage, Ticket } from '../../shared/ticket.ts'

/** A thread that dies at once, over and over, must not spin: wait this long before the n-th start in a row, up to the last. */
const RESPAWN_DELAYS_MS = [0, 100, 500, 2_000, 5_000]
/**
 * The young generation of a shard, MiB: three semi-spaces of 1. Buffers of bodies are freed when it is collected: with semi-spaces of
 * 4 that was too late, and full collections took a third of a body's CPU (docs/decisions/0009-heap-of-a-shard.md). Larger ones
 * also keep for good what a burst of handshakes has filled (0004-memory-per-session.md).
 */
const YOUNG_GENERATION_MB = 3
/** A shard that has lived this long starts its next life without delay. */
const HEALTHY_LIFE_MS = 10_000
/** Sessions end within one turn of a shard's event loop; a thread that does not get there by then is stuck. */
const CLOSE_DEADLINE_MS = 2_000

export interface ShardPoolOptions {
  readonly shards: number
  /** Module whose default export is the shard's task. */
  readonly entry: URL
  /** What the task of shard `index` (from 0) is started with, its port left out. */
  readonly startOf: (index: number) => Omit<ShardStart, 'port'>
  readonly counters: AcceptorCounters
  readonly view: CountersView
  /** What the shards tell of their own accord. */
  readonly onReport: (report: ShardReport) => void
  /**
   * A shard's thread died. `unadopted` are the tickets that go to its successor, which is started once the promise is
   * settled: until then nothing writes to the shard's ring.
   */
  readonly onShardLost: (index: number, error: Error, unadopted: readonly Ticket[]) => Promise<void>
}

class Shard {
  readonly index: number
  /** To the thread of this life, from its beginning on: what is told while it starts waits in the port. */
  port: MessagePort | undefined = undefined
  /** Whether the thread takes tickets. */
  isReady = false
  /** Tickets not yet known to be adopted, oldest first. They outlive the thread that they were posted to. */
  waiting: Ticket[] = []
  /** The adopted count above which `waiting[0]` is adopted. */
  adoptedBase = 0
  startedAt = 0
  failures = 0
  /** Settled when this life of the shard is over. */
  ended: Promise<void> = Promise.resolve()

  constructor(index: number) {
    this.index = index
  }
}

export class ShardPool {
  readonly #options: ShardPoolOptions
  readonly #pool: Piscina
  readonly #shards: Shard[]
  #closing = false

  constructor(options: ShardPoolOptions) {
    this.#options = options
    this.#pool = new Piscina({
      minThreads: options.shards,
      maxThreads: options.shards,
      concurrentTasksPerWorker: 1,
      idleTimeout: Number.POSITIVE_INFINITY,
      // 'sync', the default, would park a shard's event loop in Atomics.wait between tasks.
      atomics: 'disabled',
      filename: options.entry.href,
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MB },
    })
    this.#pool.on('error', () => {
      // A thread's death also rejects its task, which is where it is handled.
    })
    this.#shards = Array.from({ length: options.shards }, (_, index) => new Shard(index))
  }

  /** Starts every shard; resolves when all can take tickets, rejects when one cannot start. */
  async start(): Promise<void> {
    try {
      await Promise.all(this.#shards.map((shard) => this.#run(shard)))
    } catch (error) {
      await this.close()
      throw error
    }
  }

  get size(): number {
    return this.#shards.length
  }

  /** Sessions that shard `index` carries or is about to, or −1 while it cannot take any. */
  load(index: number): number {
    const shard = this.#shards[index]
    if (shard?.isReady !== true) return -1
    return this.#options.counters.load(index + 1)
  }

  post(index: number, ticket: Ticket): void {
    const shard = this.#shards[index] as Shard
    this.#forgetAdopted(shard)
    this.#options.counters.addShard(index + 1, 'handed_off')
    shard.waiting.push(ticket)
    shard.port?.postMessage({ kind: 'ticket', ticket } satisfies ShardMessage)
  }

  /** Reaches every shard that was started before, also one that is not ready yet: a thread started from now on knows it anyway. */
  broadcast(message: ShardMessage): void {
    for (const shard of this.#shards) shard.port?.postMessage(message)
  }

  /** Ends all threads, once their flows have written their ends: shards end when their ports close. */
  async close(): Promise<void> {
    this.#closing = true
    for (const shard of this.#shards) shard.port?.close()
    const ended = Promise.allSettled(this.#shards.map((shard) => shard.ended))
    await Promise.race([ended, delay(CLOSE_DEADLINE_MS, undefined, { ref: false })])
    await this.#pool.destroy()
    for (const shard of this.#shards) {
      this.#forgetAdopted(shard)
      for (const ticket of shard.waiting.splice(0)) closeSync(ticket.descriptor)
    }
  }

  /** Starts one life of `shard`; resolves when it is ready, rejects when it ends before. */
  #run(shard: Shard): Promise<void> {
    const { port1, port2 } = new MessageChannel()
    shard.port = port1
    shard.startedAt = performance.now()
    shard.adoptedBase = this.#options.view.worker(shard.index + 1, 'adopted')
    const task = this.#pool.run({ ...this.#options.startOf(shard.index), port: port2 } satisfies ShardStart, { transferList: [port2] })
    return new Promise((resolve, reject) => {
      port1.once('message', () => {
        shard.isReady = true
        port1.on('message', this.#options.onReport)
        for (const ticket of shard.waiting) port1.postMessage({ kind: 'ticket', ticket } satisfies ShardMessage)
        resolve()
      })
      const onEnd = (error: Error) => {
        reject(error)
        this.#onEnd(shard, port1, error)
      }
      shard.ended = task.then(() => onEnd(new Error('the shard ended')), onEnd)
    })
  }

  #onEnd(shard: Shard, port: MessagePort, error: Error): void {
    port.close()
    shard.port = undefined
    shard.isReady = false
    if (this.#closing) return
    this.#forgetAdopted(shard)
    this.#options.counters.loseAll(shard.index + 1, shard.waiting.length)
    shard.failures = performance.now() - shard.startedAt > HEALTHY_LIFE_MS ? 0 : shard.failures + 1
    const delayMs = RESPAWN_DELAYS_MS[Math.min(shard.failures, RESPAWN_DELAYS_MS.length - 1)]
    const reported = this.#options.onShardLost(shard.index, error, shard.waiting)
    // Where the loss cannot be told (the aggregator is lost too) the connections go on all the same.
    reported.catch(ignore).then(() => setTimeout(() => this.#respawn(shard), delayMs).unref())
  }

  #respawn(shard: Shard): void {
    // A life that ends before it is ready is followed by the next like any other.
    if (!this.#closing) this.#run(shard).catch(ignore)
  }

  /** Tickets are adopted in order, so the counter tells which of `waiting` have arrived. */
  #forgetAdopted(shard: Shard): void {
    const adopted = this.#options.view.worker(shard.index + 1, 'adopted') - shard.adoptedBase
    if (adopted > 0) {
      shard.waiting.splice(0, adopted)
      shard.adoptedBase += adopted
    }
  }
}

function ignore(): void {}
