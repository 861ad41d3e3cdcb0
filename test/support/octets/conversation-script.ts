/**
 * Conversation scripts: who sends what in which order, and running them through a fresh HTTP layer in every split of each step.
 */

import { CLIENT, ORIGIN, type Side } from '../../../src/shared/side.ts'
import type { Layer } from '../../../src/workers/layers/layer.ts'
import { chunkings } from '../chunkings.ts'
import { LayerRelay } from '../harnesses/layer-relay.ts'
import { HttpRecorder, type Verdicts } from '../recorders/http-recorder.ts'

/** `c:` and `o:` send; `c!` and `o!` half-close; `c>` and `o>` resume. Text is Latin-1. */
export type Step = readonly [who: 'c:' | 'o:' | 'c!' | 'o!' | 'c>' | 'o>', text?: string]

export interface Ran {
  readonly recorder: HttpRecorder
  readonly relay: LayerRelay
}

export interface ScriptOptions {
  readonly verdicts?: () => Verdicts
  readonly layer: (recorder: HttpRecorder) => Layer
}

/** Runs `steps`; `split` cuts the text of step `index`. */
export function runScript(steps: readonly Step[], options: ScriptOptions, split?: (text: Buffer, index: number) => Uint8Array[]): Ran {
  const recorder = new HttpRecorder(options.verdicts?.())
  const relay = new LayerRelay(options.layer(recorder))
  steps.forEach(([who, text = ''], index) => {
    const side: Side = who[0] === 'c' ? CLIENT : ORIGIN
    if (who[1] === '!') relay.fin(side)
    else if (who[1] === '>') relay.resume(side)
    else relay.feedAll(side, split?.(Buffer.from(text, 'latin1'), index) ?? [Buffer.from(text, 'latin1')])
  })
  return { recorder, relay }
}

/** Every split of every sending step, the others whole; and all of them octet by octet. */
export function* everySplit(steps: readonly Step[], options: ScriptOptions): Generator<Ran> {
  yield runScript(steps, options, (text) => Array.from(text, (octet) => Uint8Array.of(octet)))
  for (let cut = 0; cut < steps.length; cut++) {
    const text = steps[cut]?.[1]
    if (text === undefined) continue
    for (const chunks of chunkings(Buffer.from(text, 'latin1'))) {
      yield runScript(steps, options, (whole, index) => (index === cut ? chunks : [whole]))
    }
  }
}

/**
 * All that can be observed of a run, to compare runs by. Facts are compared exchange by exchange: how those of different
 * exchanges interleave may depend on where a read ends, as it does between the two directions of a connection.
 */
export function observed({ recorder, relay }: Ran): object {
  return {
    facts: recorder.facts.toSorted((a, b) => a.exchange - b.exchange),
    toClient: relay.toClient,
    toOrigin: relay.toOrigin,
    ended: relay.ended,
    close: relay.close,
  }
}
