/**
 * TopHosts: counters per host with a bounded set of hosts, the busiest, and `other` for the rest. Aggregator thread.
 *
 * Hosts come from clients, so a label per host would let any client grow `/metrics` without bound. Two structures:
 *
 *     members     up to N hosts with a label: exact counts since the host became a member, and a score that decays
 *     candidates  a space-saving sketch (Metwally, Agrawal, El Abbadi 2005) of the hosts that have none: a host that is not
 *                 in it takes the place of its least counted one and inherits that count as its possible error
 *
 * Each event is counted in exactly one series, the one that its host has at that moment, and never moved to another: so
 * every series is monotonic while it exists, no rate shows a step that did not happen, and a host that becomes a member
 * again starts from 0, which Prometheus takes for the counter reset that it is.
 *
 * Membership changes at a scrape only: while there is room every candidate is admitted; after that a candidate replaces the
 * member of least score when what it has certainly counted (count less error) is twice that score, so that hosts of equal
 * rank do not take turns. Scores and the sketch are halved every `DECAY_MS`: yesterday's hosts make room.
 */

import { HOST_CANDIDATES, LABEL_HOST_CHARACTERS } from '../../shared/limits/aggregator.ts'
import type { Sample } from './sample.ts'

const OTHER_HOST = 'other'
const DECAY_MS = 600_000
/** A candidate must have this multiple of the weakest member's score. */
const ADMISSION_RATIO = 2

interface Member {
  readonly host: string
  readonly cells: Float64Array
  score: number
}

interface Candidate {
  count: number
  error: number
}

export class TopHosts {
  readonly #capacity: number
  readonly #cellLabels: readonly Readonly<Record<string, string>>[]
  readonly #members = new Map<string, Member>()
  readonly #candidates = new Map<string, Candidate>()
  readonly #other: Float64Array
  #decayAt = Number.NEGATIVE_INFINITY

  /** `cellLabels` are the label sets that every host has beside its name. */
  constructor(capacity: number, cellLabels: readonly Readonly<Record<string, string>>[]) {
    this.#capacity = capacity
    this.#cellLabels = cellLabels
    this.#other = new Float64Array(cellLabels.length)
  }

  add(host: string, cell: number): void {
    const member = this.#members.get(host) ?? (this.#members.size < this.#capacity ? this.#admit(host, 0) : undefined)
    const cells = member?.cells ?? this.#other
    cells[cell] = (cells[cell] as number) + 1
    if (member !== undefined) member.score++
    else if (this.#capacity > 0) this.#countCandidate(host)
  }

  /** Reconsiders the membership; called before the samples are read. */
  rebalance(nowMs: number): void {
    const byScore = [...this.#members.values()].sort((a, b) => a.score - b.score)
    const byCount = [...this.#candidates].sort((a, b) => certain(b[1]) - certain(a[1]))
    for (const [place, [host, candidate]] of byCount.entries()) {
      const weakest = byScore[place]
      if (weakest === undefined || certain(candidate) <= ADMISSION_RATIO * weakest.score) break
      this.#members.delete(weakest.host)
      this.#candidates.delete(host)
      this.#admit(host, certain(candidate))
    }
    this.#decay(nowMs)
  }

  samples(): Sample[] {
    const samples: Sample[] = []
    for (const member of this.#members.values()) this.#addSamples(member.host, member.cells, samples)
    this.#addSamples(OTHER_HOST, this.#other, samples)
    return samples
  }

  /** A host that is too long to be a DNS name, or bears the name of the rest, has no label of its own. */
  #admit(host: string, score: number): Member | undefined {
    if (host.length > LABEL_HOST_CHARACTERS || host === OTHER_HOST || host === '') return undefined
    const member = { host, cells: new Float64Array(this.#cellLabels.length), score }
    this.#members.set(host, member)
    return member
  }

  #countCandidate(host: string): void {
    if (host.length > LABEL_HOST_CHARACTERS || host === OTHER_HOST || host === '') return
    const known = this.#candidates.get(host)
    if (known !== undefined) known.count++
    else if (this.#candidates.size < HOST_CANDIDATES) this.#candidates.set(host, { count: 1, error: 0 })
    else this.#replaceLeast(host)
  }

  #replaceLeast(host: string): void {
    let least = ''
    let count = Number.POSITIVE_INFINITY
    for (const [name, candidate] of this.#candidates) {
      if (candidate.count >= count) continue
      least = name
      count = candidate.count
    }
    this.#candidates.delete(least)
    this.#candidates.set(host, { count: count + 1, error: count })
  }

  #decay(nowMs: number): void {
    if (this.#decayAt === Number.NEGATIVE_INFINITY) this.#decayAt = nowMs + DECAY_MS
    for (; nowMs >= this.#decayAt; this.#decayAt = nowMs + DECAY_MS) {
      for (const member of this.#members.values()) member.score /= 2
      for (const [host, candidate] of this.#candidates) {
        candidate.count /= 2
        candidate.error /= 2
        if (candidate.count < 1) this.#candidates.delete(host)
      }
    }
  }

  #addSamples(host: string, cells: Float64Array, samples: Sample[]): void {
    for (const [cell, value] of cells.entries()) {
      if (value !== 0) samples.push({ labels: { host, ...this.#cellLabels[cell] }, value })
    }
  }
}

function certain(candidate: Candidate): number {
  return candidate.count - candidate.error
}
