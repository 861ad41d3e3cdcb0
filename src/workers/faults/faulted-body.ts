/**
 * FaultedBody: the mutators of all faults of one body, one behind the other, and the delay of its head. Each tells of what it did
 * under its own fault. Worker thread.
 *
 *     body ──▶ link 0 ──▶ link 1 ──▶ … ──▶ the layer's sink         delays, ends and cuts go to the layer at once: all that a
 *                                                                   link wrote before has gone through those behind it
 */

import type { BodyEdit, BodyMutator, BodySink, MutationSink } from '../layers/http/body-mutator.ts'
import type { ArmedFault } from './armed-fault.ts'

/** Tells of a fault inside a body. */
export type TellInjected = (fault: ArmedFault, position: number, unit: Parameters<MutationSink['injected']>[1], applied: unknown) => void

class Link implements MutationSink {
  readonly mutator: BodyMutator
  readonly next: Link | undefined
  readonly #fault: ArmedFault
  readonly #tell: TellInjected
  #out: BodySink = NOWHERE

  constructor(mutator: BodyMutator, fault: ArmedFault, tell: TellInjected, next: Link | undefined) {
    this.mutator = mutator
    this.next = next
    this.#fault = fault
    this.#tell = tell
  }

  execute(bytes: Uint8Array, out: BodySink): void {
    this.#out = out
    this.mutator.execute(bytes, this)
  }

  finish(out: BodySink): void {
    this.#out = out
    this.mutator.finish(this)
    this.next?.finish(out)
  }

  write(bytes: Uint8Array): void {
    if (this.next === undefined) this.#out.write(bytes)
    else this.next.execute(bytes, this.#out)
  }

  writeRaw(bytes: Uint8Array): void {
    this.#out.writeRaw(bytes)
  }

  delay(ms: number): void {
    this.#out.delay(ms)
  }

  fill(ms: number, everyMs: number, filler: Uint8Array): void {
    this.#out.fill(ms, everyMs, filler)
  }

  end(trailers?: Uint8Array): void {
    this.next?.finish(this.#out)
    this.#out.end(trailers)
  }

  cut(how: 'fin' | 'reset', code?: number): void {
    this.#out.cut(how, code)
  }

  injected(position: number, unit: 'bytes' | 'event' | 'message' | 'chunk', applied: unknown): void {
    this.#tell(this.#fault, position, unit, applied)
  }
}

const NOWHERE: BodySink = Object.freeze({
  write: () => undefined,
  writeRaw: () => undefined,
  delay: () => undefined,
  fill: () => undefined,
  end: () => undefined,
  cut: () => undefined,
})

export class FaultedBody implements BodyEdit {
  readonly headDelayMs: number
  readonly #first: Link | undefined

  constructor(mutators: readonly (readonly [ArmedFault, BodyMutator])[], headDelayMs: number, tell: TellInjected) {
    this.headDelayMs = headDelayMs
    this.#first = mutators.reduceRight<Link | undefined>((next, [fault, mutator]) => new Link(mutator, fault, tell, next), undefined)
  }

  get keepsLength(): boolean {
    for (let link = this.#first; link !== undefined; link = link.next) if (link.mutator.keepsLength !== true) return false
    return true
  }

  execute(bytes: Uint8Array, out: BodySink): void {
    if (this.#first === undefined) out.write(bytes)
    else this.#first.execute(bytes, out)
  }

  finish(out: BodySink): void {
    this.#first?.finish(out)
  }
}
