/**
 * The faults of a body: pure mutators that let octets pass up to a place and do there what their rule says. Worker thread.
 *
 * A fault acts when an octet beyond its place has come, so a body that is shorter is not touched.
 */

import type { BodyMutator, MutationSink } from '../layers/http/body-mutator.ts'

/** What is done at the place: `rest` are the octets from there on; what comes later is up to it as well. */
export interface PlacedAct {
  at(rest: Uint8Array, out: MutationSink): void
}

/** Lets `bytes` octets pass, then acts once; what comes behind passes. */
class PlacedMutator implements BodyMutator {
  readonly keepsLength: boolean
  readonly #act: PlacedAct['at']
  #left: number
  #isDone = false

  constructor(bytes: number, keepsLength: boolean, act: PlacedAct['at']) {
    this.#left = bytes
    this.keepsLength = keepsLength
    this.#act = act
  }

  execute(bytes: Uint8Array, out: MutationSink): void {
    if (this.#isDone || bytes.length <= this.#left) {
      this.#left -= bytes.length
      out.write(bytes)
      return
    }
    this.#isDone = true
    out.write(bytes.subarray(0, this.#left))
    this.#act(bytes.subarray(this.#left), out)
  }

  finish(): void {}
}

/** How a truncated body ends. HTTP/2 has no close in mid-body but a reset; a length that is not reached says the same there. */
export type Ending = 'close' | 'short_length' | 'clean' | 'reset'

export function truncating(bytes: number, ending: Ending, code: number | undefined): BodyMutator {
  return new PlacedMutator(bytes, ending === 'close' || ending === 'short_length' || ending === 'reset', (_rest, out) => {
    out.injected(bytes, 'bytes', code === undefined ? { ending } : { ending, code })
    if (ending === 'clean' || ending === 'short_length') out.end()
    else out.cut(ending === 'close' ? 'fin' : 'reset', code)
  })
}

/** Flips bit `bit` of the octet behind `bytes`: nothing about the framing gives it away. */
export function corrupting(bytes: number, bit: number): BodyMutator {
  return new PlacedMutator(bytes, true, (rest, out) => {
    const octets = Uint8Array.from(rest)
    const before = octets[0] as number
    octets[0] = before ^ (1 << bit)
    out.injected(bytes, 'bytes', { from: before, to: octets[0] })
    out.write(octets)
  })
}

/** A chunk line without a size, and the end of the connection: nothing behind it could be read. */
const NO_CHUNK_SIZE = Buffer.from('soth\r\n', 'latin1')

export function malformingChunk(bytes: number): BodyMutator {
  return new PlacedMutator(bytes, false, (_rest, out) => {
    out.injected(bytes, 'bytes', { chunk_line: 'soth' })
    out.writeRaw(NO_CHUNK_SIZE)
    out.cut('fin')
  })
}

/** Lets all pass, and closes behind it: what a false Content-Length leaves behind is no message. */
export const CLOSES_BEHIND: BodyMutator = Object.freeze({
  keepsLength: true,
  execute: (bytes: Uint8Array, out: MutationSink) => out.write(bytes),
  finish: (out: MutationSink) => out.cut('fin'),
})
