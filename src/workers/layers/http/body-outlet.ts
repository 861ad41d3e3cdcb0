/**
 * BodyOutlet: what a body edit has asked to be sent and has not been: in order, each step when its time has come and as far as the
 * receiver has room. The same for a body in HTTP/1.1, a stream in HTTP/2, and octets after a switch of protocols. Pure: time is an
 * argument. Worker thread.
 *
 *     execute(bytes, now) ─▶ edit ─▶ [ octets │ octets at +50 ms │ filler every 10 ms until +90 │ end │ cut ] ─▶ drain(now, target)
 *
 * Nothing waits as long as nothing was delayed: `drain` sends views of the octets just executed. `keep` copies what has to stay.
 */

import type { BodyEdit, BodySink } from './body-mutator.ts'

/** Where an outlet's octets go. */
export interface OutletTarget {
  /** Octets that may be sent now. */
  readonly room: number
  /** At most `room` octets of the body. */
  send(bytes: Uint8Array): void
  /** Octets outside the body's framing. */
  sendRaw(bytes: Uint8Array): void
  /** The body is complete. `early`: by the edit's will, while its sender goes on. */
  end(trailers: Uint8Array | undefined, early: boolean): void
  cut(how: 'fin' | 'reset', code: number | undefined): void
}

const OCTETS = 0
const RAW = 1
const FILL = 2
const END = 3
const CUT = 4

interface Step {
  readonly kind: typeof OCTETS | typeof RAW | typeof FILL | typeof END | typeof CUT
  /** When it is due; a fill: its next filler. */
  at: number
  /** Octets, a filler, or trailers. */
  bytes: Uint8Array
  /** `bytes` is nobody else's. */
  owned: boolean
  /** Fill: when it is over, and how often. */
  readonly until: number
  readonly everyMs: number
  /** End: by the edit's will, with trailers of its own. */
  readonly early: boolean
  readonly how: 'fin' | 'reset'
  readonly code: number | undefined
}

const NO_OCTETS = new Uint8Array(0)
const STEP: Step = {
  kind: OCTETS,
  at: 0,
  bytes: NO_OCTETS,
  owned: true,
  until: 0,
  everyMs: 0,
  early: false,
  how: 'fin',
  code: undefined,
}

export class BodyOutlet implements BodySink {
  /** The end, or a cut, has been asked for: what its sender still sends is dropped. */
  over = false
  /** `over` came from the edit, before its sender had ended. */
  early = false
  /** Octets that wait. */
  heldBytes = 0
  readonly #edit: BodyEdit
  readonly #steps: Step[] = []
  #now = 0
  /** When what is written next is due. */
  #readyAt = 0
  #blocked = false

  constructor(edit: BodyEdit) {
    this.#edit = edit
  }

  /** Something waits: for its time, or for room. */
  get isHeld(): boolean {
    return this.#steps.length > 0
  }

  /** When `drain` has something to do; Infinity: not by time. */
  get wakeAt(): number {
    return this.#blocked ? Number.POSITIVE_INFINITY : (this.#steps[0]?.at ?? Number.POSITIVE_INFINITY)
  }

  execute(bytes: Uint8Array, now: number): void {
    if (this.over) return
    this.#now = now
    this.#edit.execute(bytes, this)
  }

  /** Its sender has ended the body; `trailers` as it sent them. */
  finish(now: number, trailers: Uint8Array | undefined): void {
    if (this.over) return
    this.#now = now
    this.#edit.finish(this)
    if (!this.over) this.#close(false, trailers)
  }

  /** The head itself is all there is to be sent: no body follows. */
  finishWithoutBody(): void {
    this.#close(false, undefined)
  }

  write(bytes: Uint8Array): void {
    if (!this.over && bytes.length > 0) this.#push({ ...STEP, at: this.#readyAt, bytes, owned: false })
  }

  writeRaw(bytes: Uint8Array): void {
    if (!this.over && bytes.length > 0) this.#push({ ...STEP, kind: RAW, at: this.#readyAt, bytes, owned: false })
  }

  delay(ms: number): void {
    this.#readyAt = Math.max(this.#readyAt, this.#now) + ms
  }

  /** The same as `delay`, before anything was executed. */
  delayFrom(now: number, ms: number): void {
    this.#now = now
    this.delay(ms)
  }

  fill(ms: number, everyMs: number, filler: Uint8Array): void {
    if (this.over) return
    const from = Math.max(this.#readyAt, this.#now)
    this.#readyAt = from + ms
    if (everyMs <= 0 || everyMs >= ms) return
    this.#push({ ...STEP, kind: FILL, at: from + everyMs, until: from + ms, everyMs, bytes: Uint8Array.from(filler) })
  }

  end(trailers?: Uint8Array): void {
    if (!this.over) this.#close(true, trailers)
  }

  cut(how: 'fin' | 'reset', code?: number): void {
    if (this.over) return
    this.over = this.early = true
    this.#push({ ...STEP, kind: CUT, at: this.#readyAt, how, code })
  }

  /** Sends all that is due and has room. */
  drain(now: number, target: OutletTarget): void {
    this.#now = now
    this.#blocked = false
    for (let step = this.#steps[0]; step !== undefined && step.at <= now; step = this.#steps[0]) {
      if (!this.#give(step, target)) break
    }
  }

  /** Copies what waits out of the octets that were lent. */
  keep(): void {
    for (const step of this.#steps) {
      if (step.owned) continue
      step.bytes = Uint8Array.from(step.bytes)
      step.owned = true
    }
  }

  /** Nothing of it is sent any more. */
  cancel(): void {
    this.over = true
    this.heldBytes = 0
    this.#steps.length = 0
  }

  #close(early: boolean, trailers: Uint8Array | undefined): void {
    this.over = true
    this.early = early
    this.#push({ ...STEP, kind: END, at: this.#readyAt, early, bytes: trailers ?? NO_OCTETS, owned: trailers === undefined })
  }

  #push(step: Step): void {
    this.heldBytes += step.bytes.length
    this.#steps.push(step)
  }

  /** False where the rest has to wait. */
  #give(step: Step, target: OutletTarget): boolean {
    switch (step.kind) {
      case OCTETS:
        return this.#giveOctets(step, target)
      case FILL:
        return this.#giveFiller(step, target)
      case RAW:
        this.#shift()
        target.sendRaw(step.bytes)
        return true
      case END:
        this.#shift()
        target.end(step.bytes.length === 0 ? undefined : step.bytes, step.early)
        return true
      case CUT:
        this.#shift()
        target.cut(step.how, step.code)
        return true
    }
  }

  #giveOctets(step: Step, target: OutletTarget): boolean {
    const { room } = target
    const { bytes } = step
    if (room >= bytes.length) {
      this.#shift()
      target.send(bytes)
      return true
    }
    this.#blocked = true
    if (room <= 0) return false
    this.heldBytes -= room
    step.bytes = bytes.subarray(room)
    target.send(bytes.subarray(0, room))
    return false
  }

  /** A filler that has no room is left out: there is another soon. */
  #giveFiller(step: Step, target: OutletTarget): boolean {
    if (target.room >= step.bytes.length) target.send(step.bytes)
    step.at = this.#now + step.everyMs
    if (step.at >= step.until) this.#shift()
    return true
  }

  #shift(): void {
    const step = this.#steps.shift()
    this.heldBytes -= step?.bytes.length ?? 0
  }
}
