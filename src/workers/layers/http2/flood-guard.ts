/**
 * FloodGuard: counts what one side may do only so often, as token buckets. Time comes in as an argument. Worker thread.
 */

import {
  EMPTY_FRAME_FLOOD,
  type FloodLimit,
  PING_FLOOD,
  PRIORITIES_PER_STREAM,
  PRIORITY_FLOOD,
  RESET_FLOOD,
  SETTINGS_FLOOD,
  WINDOW_UPDATE_FLOOD,
  WINDOW_UPDATES_PER_DATA,
  WINDOW_UPDATES_PER_OCTET,
} from '../../../shared/limits/layers/http2.ts'
import { HTTP2_VIOLATIONS, type Http2Violation } from '../../../shared/violations/http2.ts'

class Bucket {
  readonly #limit: FloodLimit
  readonly #violation: Http2Violation
  #tokens: number
  #filledAt: number

  constructor(limit: FloodLimit, violation: Http2Violation, now: number) {
    this.#limit = limit
    this.#violation = violation
    this.#tokens = limit.burst
    this.#filledAt = now
  }

  /** Takes a token; time is looked at only once the bucket is empty. */
  take(now: number): Http2Violation | undefined {
    if (this.#tokens < 1) this.#refill(now)
    if (this.#tokens < 1) return this.#violation
    this.#tokens--
    return undefined
  }

  add(tokens: number): void {
    this.#tokens = Math.min(this.#limit.burst, this.#tokens + tokens)
  }

  #refill(now: number): void {
    this.add(((now - this.#filledAt) * this.#limit.perSecond) / 1_000)
    this.#filledAt = now
  }
}

export class FloodGuard {
  readonly #now: () => number
  readonly #resets: Bucket
  readonly #settings: Bucket
  readonly #pings: Bucket
  readonly #empties: Bucket
  readonly #priorities: Bucket
  readonly #windowUpdates: Bucket

  constructor(now: () => number) {
    this.#now = now
    const at = now()
    this.#resets = new Bucket(RESET_FLOOD, HTTP2_VIOLATIONS.http2_flood_reset, at)
    this.#settings = new Bucket(SETTINGS_FLOOD, HTTP2_VIOLATIONS.http2_flood_settings, at)
    this.#pings = new Bucket(PING_FLOOD, HTTP2_VIOLATIONS.http2_flood_ping, at)
    this.#empties = new Bucket(EMPTY_FRAME_FLOOD, HTTP2_VIOLATIONS.http2_flood_empty, at)
    this.#priorities = new Bucket(PRIORITY_FLOOD, HTTP2_VIOLATIONS.http2_flood_priority, at)
    this.#windowUpdates = new Bucket(WINDOW_UPDATE_FLOOD, HTTP2_VIOLATIONS.http2_flood_window_update, at)
  }

  onReset(): Http2Violation | undefined {
    return this.#resets.take(this.#now())
  }

  onSettings(): Http2Violation | undefined {
    return this.#settings.take(this.#now())
  }

  onPing(): Http2Violation | undefined {
    return this.#pings.take(this.#now())
  }

  onEmptyFrame(): Http2Violation | undefined {
    return this.#empties.take(this.#now())
  }

  onPriority(): Http2Violation | undefined {
    return this.#priorities.take(this.#now())
  }

  onWindowUpdate(): Http2Violation | undefined {
    return this.#windowUpdates.take(this.#now())
  }

  /** The side has opened a stream. */
  onStream(): void {
    this.#priorities.add(PRIORITIES_PER_STREAM)
  }

  /** The other side has sent a DATA frame of `length` octets, which this one may give credit for. */
  onPeerData(length: number): void {
    this.#windowUpdates.add(WINDOW_UPDATES_PER_DATA + length * WINDOW_UPDATES_PER_OCTET)
  }
}
