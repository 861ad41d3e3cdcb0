/**
 * UnfinishedRequests: requests that the client still sends although it has our whole response. Their rest is swallowed, and its credit
 * given back, until they end; where that takes too much or too long the client is asked to stop (RST_STREAM with NO_ERROR, RFC
 * 9113 §8.1). Worker thread.
 *
 * Asking at once would be allowed, and lose the response at clients that read the reset together with it (curl 7.88) or do not
 * look at responses while they wait for credit (httpx).
 */

import { UNFINISHED_REQUEST_BYTES, UNFINISHED_REQUEST_MS, UNFINISHED_REQUESTS } from '../../../shared/limits/layers/http2.ts'
import { NO_ERROR } from '../../../shared/violations/http2.ts'
import type { Direction } from './direction.ts'
import { rstStreamFrame, windowUpdateFrame } from './frames/synthesis.ts'

interface Rest {
  left: number
  readonly until: number
}

export class UnfinishedRequests {
  readonly #towardsClient: Direction
  readonly #now: () => number
  /** By stream id, the oldest first: all have the same time. */
  readonly #rests = new Map<number, Rest>()

  constructor(towardsClient: Direction, now: () => number) {
    this.#towardsClient = towardsClient
    this.#now = now
  }

  /** The response on stream `id` is complete, its request is not. */
  add(id: number): void {
    this.#rests.set(id, { left: UNFINISHED_REQUEST_BYTES, until: this.#now() + UNFINISHED_REQUEST_MS })
    if (this.#rests.size > UNFINISHED_REQUESTS) this.#stop(this.#oldest as number)
  }

  /** DATA of `length` flow-controlled octets has come on stream `id`, whose streams may be others as well. */
  take(id: number, length: number, ends: boolean): void {
    const rest = this.#rests.get(id)
    if (rest === undefined) return
    rest.left -= length
    if (ends) this.#rests.delete(id)
    else if (rest.left < 0) this.#stop(id)
    else if (length > 0) this.#towardsClient.insert(windowUpdateFrame(id, length))
  }

  /** The request has ended: by trailers, or by a reset. */
  forget(id: number): void {
    this.#rests.delete(id)
  }

  get isEmpty(): boolean {
    return this.#rests.size === 0
  }

  /** When `wake` has something to do; Infinity: never. */
  get wakeAt(): number {
    if (this.#rests.size === 0) return Number.POSITIVE_INFINITY
    return (this.#rests.get(this.#oldest as number) as Rest).until
  }

  wake(): void {
    const now = this.#now()
    for (const [id, { until }] of this.#rests) {
      if (until > now) return
      this.#stop(id)
    }
  }

  get #oldest(): number | undefined {
    return this.#rests.keys().next().value
  }

  #stop(id: number): void {
    this.#rests.delete(id)
    this.#towardsClient.insert(rstStreamFrame(id, NO_ERROR))
  }
}
