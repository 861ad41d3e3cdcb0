/**
 * Doorbell: how the one consumer of several rings sleeps, and how producers wake it.
 *
 * One shared word for all rings of an aggregator: AWAKE or PARKED. No lost wake-up, by Dekker's argument over sequentially
 * consistent operations: the consumer stores PARKED and *then* looks at the tails; a producer stores its tail and *then*
 * looks at the word. Whichever comes second in the total order sees the other's store, so either the consumer finds the
 * record, or the producer finds it parked. Of several producers, the one whose compareExchange takes PARKED away notifies.
 *
 * A producer pays one load per record while the consumer is awake. Consumer: aggregator thread; producers: all others.
 */

const AWAKE = 0
const PARKED = 1
/** Where `Atomics.waitAsync` is missing (it came with V8 8.7; some embedders leave it out), a parked consumer looks this often. */
const FALLBACK_POLL_MS = 2

/** `Atomics.waitAsync` as ES2024 has it; the ES2023 library does not declare it. */
type WaitAsync = (words: Int32Array, index: number, value: number) => { readonly async: boolean; readonly value: Promise<unknown> | string }

export class Doorbell {
  readonly memory: SharedArrayBuffer
  readonly #word: Int32Array
  readonly #waitAsync: WaitAsync | null

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(4), waitAsync: WaitAsync | null = nativeWaitAsync()) {
    this.memory = memory
    this.#word = new Int32Array(memory)
    this.#waitAsync = waitAsync
  }

  /** Producer: wakes the consumer if it is parked. Call after the tail has been stored. Says whether it woke it. */
  ring(): boolean {
    if (Atomics.load(this.#word, 0) === AWAKE) return false
    if (Atomics.compareExchange(this.#word, 0, PARKED, AWAKE) === AWAKE) return false
    Atomics.notify(this.#word, 0, 1)
    return true
  }

  /**
   * Consumer: sleeps until a producer rings, unless `isIdle` finds work after the word has been set. The promise does not
   * keep the event loop alive. Wake-ups can be spurious: poll, then park again.
   */
  async park(isIdle: () => boolean): Promise<void> {
    Atomics.store(this.#word, 0, PARKED)
    if (!isIdle()) {
      Atomics.store(this.#word, 0, AWAKE)
      return
    }
    if (this.#waitAsync === null) {
      await new Promise<void>((resolve) => setTimeout(resolve, FALLBACK_POLL_MS).unref())
      Atomics.store(this.#word, 0, AWAKE)
      return
    }
    // A producer that rang since the store has put AWAKE there: then this answers `not-equal` at once.
    const wait = this.#waitAsync.call(Atomics, this.#word, 0, PARKED)
    if (wait.async) await wait.value
  }
}

function nativeWaitAsync(): WaitAsync | null {
  return (Atomics as { waitAsync?: WaitAsync }).waitAsync ?? null
}
