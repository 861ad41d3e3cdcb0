/**
 * JsonCheck on the vectors of JSONTestSuite: all that must be accepted is; of what must be rejected, all whose structure is wrong.
 */

import { readFileSync } from 'node:fs'
import t from 'tap'
import { JSON_DEPTH } from '../../../../src/shared/limits/layers/json.ts'
import { JsonCheck, type JsonFault } from '../../../../src/workers/layers/payload/json-check.ts'
import { chunkings } from '../../../support/chunkings.ts'
import { fixture } from '../../../support/corpora/corpora.ts'

function check(chunks: readonly Uint8Array[], checker = new JsonCheck()): JsonFault | undefined {
  for (const chunk of chunks) checker.execute(chunk, 0, chunk.length)
  return checker.finish()
}

const vectors: readonly { readonly name: string; readonly input: string }[] = JSON.parse(
  readFileSync(fixture('json-test-suite/parsing.json'), 'utf8'),
)

/** Numbers and strings that are spelt wrongly, and a body of whitespace, which is no document. */
const UNJUDGED = /^n_(number_|string_|array_just_minus|single_space|structure_no_data)/
/** Where the spelling breaks the structure as well. */
const JUDGED_ANYWAY =
  /^n_string_(single_quote|no_quotes|with_trailing|start_escape|single_doublequote|single_string_no|1_surrogate_then_escape$|escaped_backslash|accentuated)/

t.test('JSONTestSuite, every split', async (t) => {
  let judged = 0
  for (const { name, input } of vectors) {
    const bytes = Buffer.from(input)
    const whole = check([bytes])
    for (const chunks of chunkings(bytes)) if (check(chunks)?.reason !== whole?.reason) t.fail(`${name} depends on the split`)
    if (name.startsWith('y_')) t.equal(whole, undefined, name)
    else if (name.startsWith('n_') && (!UNJUDGED.test(name) || JUDGED_ANYWAY.test(name))) {
      judged++
      t.ok(whole !== undefined, `${name}: ${whole?.reason}`)
    }
  }
  t.ok(judged > 100, `${judged} rejected`)
})

t.test('100,000 arrays, open: too deep, not corrupt', async (t) => {
  t.equal(check([Buffer.alloc(100_000, '[')])?.reason, 'nesting_limit')
  t.equal(check([Buffer.alloc(250_000, '[{"":')])?.reason, 'nesting_limit')
  const deepest = Buffer.from('['.repeat(JSON_DEPTH) + ']'.repeat(JSON_DEPTH))
  t.equal(check([deepest]), undefined)
})

t.test('one after the other, whatever the one before was', async (t) => {
  const checker = new JsonCheck()
  const reasons = ['{"a":1}', '{"a":', '{}{}', '', ' \n', '[', '['.repeat(JSON_DEPTH + 1), '12', 'tru', 'null'].map(
    (text) => check([Buffer.from(text)], checker)?.reason,
  )
  const [well, short] = [undefined, 'truncated']
  t.same(reasons, [well, short, 'corrupt', well, well, short, 'nesting_limit', well, short, well])
})
