/** The options that only a restart changes. */

import t from 'tap'
import { changedFixedOptions } from '../src/engine-fixed-options.ts'
import { parseOptions } from '../src/shared/options/parse-options.ts'

t.test('named where they are other than before, however they are written', async (t) => {
  const before = parseOptions({ listen: '127.0.0.1:0', events: { file: 'a.ndjson' } })
  t.same(changedFixedOptions(before, parseOptions({ listen: '127.0.0.1:0', events: { file: 'a.ndjson', rotate_keep: 4 } })), [])
  t.same(
    changedFixedOptions(before, parseOptions({ listen: '127.0.0.1:0', events: { file: 'b.ndjson' }, workers: 3, log_level: 'debug' })),
    ['workers', 'events'],
  )
  const limits = { sessions: 100, leaf_cache: 16, metric_hosts: 7, idle_timeout_ms: 1_000 }
  t.same(changedFixedOptions(before, parseOptions({ listen: '127.0.0.1:0', events: { file: 'a.ndjson' }, limits })), [
    'limits.sessions',
    'limits.leaf_cache',
    'limits.metric_hosts',
  ])
})
