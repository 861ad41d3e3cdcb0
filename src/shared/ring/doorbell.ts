/**
 * Doorbell: how the one consumer of several rings sleeps, and how producers wake it.
 *
 * One shared word for all rings of an aggregator: AWAKE or PARKED. No lost wake-up, by Dekker's argument over sequentially
 * consistent operations: the consumer stores PARKED and *then* looks at the tails; a producer stores its tail and *then*
 * looks at the word. Whichever comes second in the total order sees the other's store, so either the consumer finds the
 * record, or the producer finds it parked. Of several producers, the one whose compareExchange takes PARKED away notifies.
 *
 * A second word, CALM or RAISED, is the alarm of a consumer that is awake and rests between two polls: a ring is filling. It lowers
 * the alarm and *then* polls, so that what was told before it is taken, and what comes after raises it again.
 *
 * A producer pays one load per record while the consumer is awake. Consumer: aggregator thread; producers: all others.
 */

import { invariant } from '../assert.ts'

const STATE = 0
const AWAKE = 0
const PARKED = 1
const ALARM = 1
const CALM = 0
const RAISED = 1
const WORDS_BYTES = 8
/** Where `Atomics.waitAsync` is missing (it came with V8 8.7; some embedders leave it out), a parked consumer looks this often. */
const FALLBACK_POLL_MS = 2

/** `Atomics.waitAsync` as ES2024 has it; the ES2023 library does not declare it. */
type WaitAsync = (words: Int32Array, index: number, value: number) => { readonly async: boolean; readonly value: Promise<unknown> | string }

export class Doorbell {
  readonly memory: SharedArrayBuffer
  readonly #words: Int32Array
  readonly #waitAsync: WaitAsync | null

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(WORDS_BYTES), waitAsync: WaitAsync | null = nativeWaitAsync()) {
    this.memory = memory
    this.#words = new Int32Array(memory)
    this.#waitAsync = waitAsync
  }

  /** Producer: wakes the consumer if it is parked. Call after the tail has been stored. Says whether it woke it. */
  ring(): boolean {
    if (Atomics.load(this.#words, STATE) === AWAKE) return false
    if (Atomics.compareExchange(this.#words, STATE, PARKED, AWAKE) === AWAKE) return false
    Atomics.notify(this.#words, STATE, 1)
    return true
  }

  /** Producer: wakes the consumer from its rest, too: a ring is filling. Says whether it was the first to. */
  alarm(): boolean {
    if (Atomics.load(this.#words, ALARM) === RAISED) return false
    if (Atomics.compareExchange(this.#words, ALARM, CALM, RAISED) === RAISED) return false
    Atomics.notify(this.#words, ALARM, 1)
    return true
  }

  /** Whether the consumer can hear an alarm; where it cannot, it must not rest for long. */
  get canAlarm(): boolean {
    return this.#waitAsync !== null
  }

  /** Consumer: resolves once an alarm has been raised since the last one; poll then. Does not keep the event loop alive. */
  async alarmed(): Promise<void> {
    invariant(this.#waitAsync !== null, 'an alarm is waited for where it can be heard')
    const wait = this.#waitAsync.call(Atomics, this.#words, ALARM, CALM)
    if (wait.async) await wait.value
    Atomics.store(this.#words, ALARM, CALM)
  }

  /**
   * Consumer: sleeps until a producer rings, unless `isIdle` finds work after the word has been set. The promise does not
   * keep the event loop alive. Wake-ups can be spurious: poll, then park again.
   */
  async park(isIdle: () => boolean): Promise<void> {
    Atomics.store(this.#words, STATE, PARKED)
    if (!isIdle()) {
      Atomics.store(this.#words, STATE, AWAKE)
      return
    }
    if (this.#waitAsync === null) {
      await new Promise<void>((resolve) => setTimeout(resolve, FALLBACK_POLL_MS).unref())
      Atomics.store(this.#words, STATE, AWAKE)
      return
    }
    // A producer that rang since the store has put AWAKE there: then this answers `not-equal` at once.
    const wait = this.#waitAsync.call(Atomics, this.#words, STATE, PARKED)
    if (wait.async) await wait.value
  }
}

function nativeWaitAsync(): WaitAsync | null {
  return (Atomics as { waitAsync?: WaitAsync }).waitAsync ?? null
}
