/**
 * Simulates shards under many connections: the engine's own choice of a shard, arrivals at random, hosts of very different popularity. Pure.
 *
 * A connection costs its shard `serviceMs` of CPU, first come first served, and stays open for a while; the number of open ones is what the
 * choice goes by, as in the engine.
 */

import { ShardSelector } from '../../src/acceptor/shards/shard-selector.ts'

export interface Simulated {
  readonly shards: number
  /** Work of the busiest shard over the mean: 1 is even. */
  readonly imbalance: number
  /** Shards × mean / busiest: how many shards' worth of work can be done when the busiest has no more to give. */
  readonly speedUp: number
  /** Percent of connections away from their host's first shard, where its caches are. */
  readonly awayPercent: number
  /** Milliseconds that a connection waits for its shard. */
  readonly waitP50: number
  readonly waitP99: number
}

export interface Load {
  readonly serviceMs: number
  /** Share of each core in use. */
  readonly utilization: number
  readonly hosts: number
  /** Zipf's exponent: 0 is even; at 1 the first of 2,000 hosts has an eighth of all connections. */
  readonly skew: number
  /** Mean time that a connection stays open. */
  readonly openMs: number
}

const CONNECTIONS_PER_SHARD = 8_000
/** The beginning, in which the shards fill, does not count. */
const WARM_UP_SHARE = 0.25

export function simulate(shards: number, load: Load, seed = 1): Simulated {
  const random = generator(seed)
  const exponential = (mean: number) => -Math.log(1 - random()) * mean
  const hostOf = zipf(load.hosts, load.skew, random)
  const selector = new ShardSelector(shards)
  const open = new Int32Array(shards)
  const freeAt = new Float64Array(shards)
  const work = new Float64Array(shards)
  const ends = new Departures()
  const waits: number[] = []
  const total = CONNECTIONS_PER_SHARD * shards
  const meanGap = load.serviceMs / (load.utilization * shards)
  let away = 0
  for (let n = 0, now = 0; n < total; n++) {
    now += exponential(meanGap)
    for (let ended = ends.takeUntil(now); ended >= 0; ended = ends.takeUntil(now)) open[ended] = (open[ended] ?? 0) - 1
    const host = `host-${hostOf()}.example`
    const shard = selector.select(host, (at) => open[at] ?? 0)
    const service = exponential(load.serviceMs)
    const begins = Math.max(now, freeAt[shard] ?? 0)
    freeAt[shard] = begins + service
    open[shard] = (open[shard] ?? 0) + 1
    ends.add(begins + service + exponential(load.openMs), shard)
    if (n < total * WARM_UP_SHARE) continue
    work[shard] = (work[shard] ?? 0) + service
    waits.push(begins - now)
    if (selector.select(host, () => 0) !== shard) away++
  }
  waits.sort((a, b) => a - b)
  const mean = work.reduce((sum, one) => sum + one, 0) / shards
  const imbalance = Math.max(...work) / mean
  const quantile = (share: number) => waits[Math.floor(waits.length * share)] ?? 0
  return {
    shards,
    imbalance,
    speedUp: shards / imbalance,
    awayPercent: (100 * away) / waits.length,
    waitP50: quantile(0.5),
    waitP99: quantile(0.99),
  }
}

/** When connections end, soonest first: a binary heap. */
class Departures {
  readonly #times: number[] = []
  readonly #shards: number[] = []

  add(time: number, shard: number): void {
    let at = this.#times.push(time) - 1
    this.#shards.push(shard)
    for (let above = (at - 1) >> 1; at > 0 && (this.#times[above] ?? 0) > time; above = (at - 1) >> 1) {
      this.#swap(at, above)
      at = above
    }
  }

  /** The shard of the next that ends by `now`, or −1. */
  takeUntil(now: number): number {
    if (!((this.#times[0] ?? Number.POSITIVE_INFINITY) <= now)) return -1
    const shard = this.#shards[0] ?? -1
    this.#swap(0, this.#times.length - 1)
    this.#times.pop()
    this.#shards.pop()
    for (let at = 0; ; ) {
      const left = 2 * at + 1
      const least = (this.#times[left + 1] ?? Number.POSITIVE_INFINITY) < (this.#times[left] ?? Number.POSITIVE_INFINITY) ? left + 1 : left
      if (!((this.#times[least] ?? Number.POSITIVE_INFINITY) < (this.#times[at] ?? 0))) return shard
      this.#swap(at, least)
      at = least
    }
  }

  #swap(one: number, other: number): void {
    const time = this.#times[one] ?? 0
    const shard = this.#shards[one] ?? 0
    this.#times[one] = this.#times[other] ?? 0
    this.#shards[one] = this.#shards[other] ?? 0
    this.#times[other] = time
    this.#shards[other] = shard
  }
}

function zipf(hosts: number, skew: number, random: () => number): () => number {
  const sums = new Float64Array(hosts)
  for (let host = 0, sum = 0; host < hosts; host++) {
    sum += 1 / (host + 1) ** skew
    sums[host] = sum
  }
  const whole = sums[hosts - 1] ?? 1
  return () => {
    const point = random() * whole
    let low = 0
    let high = hosts - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((sums[middle] ?? 0) < point) low = middle + 1
      else high = middle
    }
    return low
  }
}

/** mulberry32: a run comes again by its seed. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
