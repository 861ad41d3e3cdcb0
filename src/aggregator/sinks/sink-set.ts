/**
 * SinkSet: all sinks of the aggregator, and what they have delivered and lost by kind. Aggregator thread.
 *
 * What a sink that has ended delivered and lost stays in the totals of its kind, so that the counters never step back.
 */

import type { OutgoingEvent, Sink } from './sink.ts'

export interface SinkTotals {
  delivered: number
  dropped: number
  lag: number
}

export class SinkSet {
  #sinks: Sink[] = []
  readonly #ended = new Map<string, SinkTotals>()

  get size(): number {
    return this.#sinks.length
  }

  add(sink: Sink): void {
    this.#sinks.push(sink)
  }

  /** Ends `sink` and takes it out. */
  async remove(sink: Sink): Promise<void> {
    if (!this.#sinks.includes(sink)) return
    this.#sinks = this.#sinks.filter((other) => other !== sink)
    await sink.close()
    const totals = totalsOf(this.#ended, sink.kind)
    totals.delivered += sink.delivered
    totals.dropped += sink.dropped
  }

  accept(event: OutgoingEvent): void {
    const sinks = this.#sinks
    for (let n = 0; n < sinks.length; n++) (sinks[n] as Sink).accept(event)
  }

  endBatch(): void {
    for (const sink of this.#sinks) sink.endBatch()
  }

  async flush(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => sink.flush()))
  }

  async close(): Promise<void> {
    await Promise.all(this.#sinks.map((sink) => this.remove(sink)))
  }

  /** By kind. */
  totals(): Map<string, SinkTotals> {
    const totals = new Map(Array.from(this.#ended, ([kind, ended]) => [kind, { ...ended }]))
    for (const sink of this.#sinks) {
      const sum = totalsOf(totals, sink.kind)
      sum.delivered += sink.delivered
      sum.dropped += sink.dropped
      sum.lag += sink.lag
    }
    return totals
  }
}

function totalsOf(totals: Map<string, SinkTotals>, kind: string): SinkTotals {
  const known = totals.get(kind) ?? { delivered: 0, dropped: 0, lag: 0 }
  totals.set(kind, known)
  return known
}
