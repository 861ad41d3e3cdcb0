/**
 * The measure that the gates over single files are told in: FNV-1a over 256 octets, then a search and a table look-up: plain
 * integer work, octets, a call into the runtime, a string key, in the proportion in which parsers have them.
 */

import type { Subject } from './subject.ts'

const BATCH = 2_000

export function referenceLoop(): Subject {
  const octets = Buffer.from(Array.from({ length: 256 }, (_, n) => (n * 31) & 0xff))
  const keys = Array.from({ length: 64 }, (_, n) => `key-${n}`)
  const table = new Map(keys.map((key, n) => [key, n]))
  let kept = 0
  return {
    run: () => {
      for (let n = 0; n < BATCH; n++) {
        let hash = 0x811c9dc5
        for (let at = 0; at < octets.length; at++) hash = Math.imul(hash ^ (octets[at] ?? 0), 0x01000193)
        kept = (kept + hash + octets.indexOf(n & 0xff) + (table.get(keys[n & 63] ?? '') ?? 0)) | 0
      }
      if (kept === 1) octets[0] = 1
      return BATCH
    },
  }
}
