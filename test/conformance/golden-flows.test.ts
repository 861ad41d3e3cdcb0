/**
 * Golden flows: recorded dialogues make exactly these events, in this order. What a consumer of the events may rely on; a golden file
 * that changes is a change of the contract, to be told in the changelog.
 */

import t from 'tap'
import { keptEqual } from '../support/kept-equal.ts'
import { DIALOGUES } from './dialogues.ts'
import { replay } from './replay.ts'

/** Below 10 s on an idle machine. */
t.setTimeout(600_000)

for (const dialogue of DIALOGUES) {
  t.test(dialogue.name, async (t) => {
    keptEqual(t, `test/conformance/golden/${dialogue.name}.ndjson`, await replay(t, dialogue))
  })
}
