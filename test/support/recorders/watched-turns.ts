/**
 * What a record tracker makes of the octets of both sides, in turns: whole, or cut in every way.
 */

import type { Side } from '../../../src/shared/side.ts'
import { RecordTracker } from '../../../src/workers/tls/records/record-tracker.ts'
import { chunkings } from '../chunkings.ts'
import { RecordRecorder } from './record-recorder.ts'

export type Turn = readonly [side: Side, bytes: Uint8Array]

export function watch(turns: Iterable<Turn>): { lines: string[]; facts: RecordTracker['facts'] } {
  const recorder = new RecordRecorder()
  const tracker = new RecordTracker(recorder)
  for (const [side, bytes] of turns) tracker.execute(side, bytes)
  return { lines: recorder.lines, facts: tracker.facts }
}

/** Cuts every turn in many ways; throws, with both recordings, where that changes anything. */
export function watchSplit(turns: readonly Turn[]): { lines: string[]; facts: RecordTracker['facts'] } {
  const whole = watch(turns)
  const expected = JSON.stringify(whole)
  for (const [index, [side, bytes]] of turns.entries()) {
    for (const chunks of chunkings(bytes)) {
      const cut = turns.flatMap((turn, at): Turn[] => (at === index ? chunks.map((chunk) => [side, chunk]) : [turn]))
      const found = JSON.stringify(watch(cut))
      if (found !== expected) throw new Error(`turn ${index} in ${chunks.map((chunk) => chunk.length)}: ${found} is not ${expected}`)
    }
  }
  return whole
}
