/** reportOutcome: what the main thread hears, and only where learning is on. */

import t from 'tap'
import type { ShardReport } from '../../../src/shared/client-outcome.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { reportOutcome } from '../../../src/workers/handshakes/outcome-report.ts'
import { classifyFailure } from '../../../src/workers/tls/failure/failure-taxonomy.ts'

function reports(enabled: boolean, failure: Parameters<typeof reportOutcome>[1]): ShardReport[] {
  const seen: ShardReport[] = []
  const session = {
    context: { options: parseOptions({ learning: { enabled } }), report: (report: ShardReport) => seen.push(report) },
    flow: { faults: undefined },
    ticket: { host: 'A.Example.', clientIp: '10.0.0.1', flow: 7 },
  }
  reportOutcome(session as never, failure)
  return seen
}

t.test('a success, an alert, a silence', async (t) => {
  t.match(reports(true, undefined), [
    { flow: 7, outcome: { host: 'a.example', client: '10.0.0.1', reason: undefined, source: 'authoritative' } },
  ])
  const alert = classifyFailure({ side: 'client', phase: 'mid_handshake', alert: 48 })
  t.match(reports(true, alert), [{ kind: 'outcome', outcome: { provider: 'native', reason: 'unknown_ca', source: 'authoritative' } }])
  const silence = classifyFailure({ side: 'client', phase: 'after_finished', ended: true })
  t.match(reports(true, silence), [{ outcome: { reason: 'eof', source: 'inferred' } }])
  t.same(reports(false, alert), [])
})
