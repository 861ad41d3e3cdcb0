/**
 * Runs a body mutator as a layer does, and records what it asks for: octets joined, so that no split shows.
 */

import type { BodyMutator, MutationSink } from '../../../src/workers/layers/http/body-mutator.ts'

export type MutationStep =
  | readonly ['write', string]
  | readonly ['delay', number]
  | readonly ['fill', number, number, string]
  | readonly ['end', string | undefined]
  | readonly ['cut', string, number | undefined]

export interface Mutation {
  /** What was asked for, octets as Latin-1; nothing behind an end or a cut. */
  readonly steps: readonly MutationStep[]
  readonly injected: readonly (readonly [position: number, unit: string, applied: unknown])[]
}

class Recorder implements MutationSink {
  readonly steps: MutationStep[] = []
  readonly injections: [number, string, unknown][] = []
  #over = false
  /** Written during the call in hand: views until it returns, as the layer looks at them only then. */
  #written: (Uint8Array | MutationStep)[] = []

  write(bytes: Uint8Array): void {
    if (!this.#over && bytes.length > 0) this.#written.push(bytes)
  }
  writeRaw(bytes: Uint8Array): void {
    this.write(bytes)
  }
  delay(ms: number): void {
    this.#push(['delay', ms])
  }
  fill(ms: number, everyMs: number, filler: Uint8Array): void {
    this.#push(['fill', ms, everyMs, Buffer.from(filler).toString('latin1')])
  }
  end(trailers?: Uint8Array): void {
    this.#push(['end', trailers === undefined ? undefined : Buffer.from(trailers).toString('latin1')])
    this.#over = true
  }
  cut(how: 'fin' | 'reset', code?: number): void {
    this.#push(['cut', how, code])
    this.#over = true
  }
  injected(position: number, unit: 'bytes' | 'event' | 'message' | 'chunk', applied: unknown): void {
    this.injections.push([position, unit, applied])
  }

  settle(): void {
    for (const written of this.#written) {
      const last = this.steps.at(-1)
      if (!(written instanceof Uint8Array)) this.steps.push(written)
      else {
        const text = Buffer.from(written).toString('latin1')
        if (last?.[0] === 'write') this.steps[this.steps.length - 1] = ['write', last[1] + text]
        else this.steps.push(['write', text])
      }
    }
    this.#written = []
  }

  #push(step: MutationStep): void {
    if (!this.#over) this.#written.push(step)
  }
}

/** `chunks` are overwritten once they have been read, as the relay does. */
export function mutate(mutator: BodyMutator, chunks: Iterable<Uint8Array>): Mutation {
  const recorder = new Recorder()
  for (const chunk of chunks) {
    mutator.execute(chunk, recorder)
    recorder.settle()
    chunk.fill(0x2a)
  }
  mutator.finish(recorder)
  recorder.settle()
  return { steps: recorder.steps, injected: recorder.injections }
}
