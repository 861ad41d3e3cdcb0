/**
 * RecentMap: a map of at most `capacity` entries: the one that was put in or used longest ago makes way. No thread of its own.
 *
 * A Map keeps the order of insertion, so its first entry is that one; using an entry inserts it anew.
 */

export class RecentMap<Key, Value extends object> {
  readonly #capacity: number
  readonly #entries = new Map<Key, Value>()

  /** `capacity`: 1 or more. */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get size(): number {
    return this.#entries.size
  }

  /** The value, which does not count as a use. */
  get(key: Key): Value | undefined {
    return this.#entries.get(key)
  }

  /** The value, as the most recent one from now on. */
  use(key: Key): Value | undefined {
    const value = this.#entries.get(key)
    if (value !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, value)
    }
    return value
  }

  /** Puts an entry in, or back in, as the most recent one; returns the value that had to make way. */
  put(key: Key, value: Value): Value | undefined {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.#capacity) return undefined
    for (const [oldest, evicted] of this.#entries) {
      this.#entries.delete(oldest)
      return evicted
    }
    return undefined
  }

  delete(key: Key): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }

  /** The longest unused first. */
  values(): IterableIterator<Value> {
    return this.#entries.values()
  }

  [Symbol.iterator](): IterableIterator<[Key, Value]> {
    return this.#entries[Symbol.iterator]()
  }
}
