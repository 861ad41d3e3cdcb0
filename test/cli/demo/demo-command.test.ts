/**
 * `soth-mitm demo` as a process, on the real engine: it tells its four stories whole, needs no network, and cleans up.
 */

import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { CliProcess, REAL_CLI } from '../../support/processes/cli-process.ts'

/** Below 20 s on an idle machine. */
t.setTimeout(600_000)

t.test('the tour', async (t) => {
  // A short path: Unix sockets and the like in it must not grow too long.
  const temporary = mkdtempSync(join(tmpdir(), 'soth-demo-test-'))
  const run = new CliProcess(REAL_CLI, ['demo'], { TMPDIR: temporary })
  t.equal(await run.ended, 0)
  t.equal(run.stderr, '')
  const stories = run.stdout.split(/^(?=\d\. )/m)
  t.equal(stories.length, 5)
  t.match(
    stories[1],
    /→ 200, \d+ octets[\s\S]*decision=intercept[\s\S]*request_headers +.*path=\/page[\s\S]*response_headers +.*status=200[\s\S]*stream_closed/,
  )
  t.notMatch(stories[1], /session=secret/, 'cookies are redacted')
  t.match(stories[2], /→ failed: .*certificate[\s\S]*tls_handshake_failed +.*side=client/)
  t.match(stories[3], /decision=block rule=no-ads[\s\S]*close_reason=blocked/)
  t.match(stories[4], /→ 200, \d+ octets[\s\S]*decision=tunnel rule=hands-off[\s\S]*stream_closed/)
  t.notMatch(stories[4], /request_headers/)
  t.match(run.stdout, /Metrics[\s\S]*soth_mitm_connections_accepted_total 4/)
  t.same(readdirSync(temporary), [], 'nothing is left behind')
})
