/**
 * The heap policy of a process that does nothing but serve the engine: for the command line, not for programs that embed it, whose
 * heap is not ours. Main thread, before any other thread starts.
 */

import { setFlagsFromString } from 'node:v8'

/**
 * V8 collects a heap in full once it has outgrown what the last collection left by a factor, and counts what array buffers hold
 * meanwhile: every octet of a body is in one, for a moment. A shard's live heap is small (16 MB), V8's least step 8 MB, so bodies alone
 * caused nine full collections a second: a third of their CPU. Three times the live heap leaves the young generation the time
 * to free those buffers; V8's own factor goes up to four (docs/decisions/0009-heap-of-a-shard.md).
 */
const GROWTH_PERCENT = 200

export function letHeapsGrow(): void {
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`)
}
