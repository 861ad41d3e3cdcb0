/**
 * churn: CONNECT, handshake, one request, close; to a warm host with and without resumption, and to a new host each time.
 */

import type { Churn } from '../../bench/processes/traffic-asked.ts'
import { latencyText } from '../../bench/support/latency-histogram.ts'
import type { Outcome } from '../../bench/support/tally.ts'
import type { Criteria } from '../criteria.ts'
import type { Scenario } from '../scenario.ts'
import { SERVERNAME, type Stage } from '../stage.ts'

/** Of those that can have a ticket: it comes a moment after the handshake, and the first of each lane has none. */
const RESUMED_SHARE = 0.9

const PARTS = [
  { name: 'warm host', share: 0.5, servername: SERVERNAME, resume: false },
  { name: 'warm host, resumed', share: 0.25, servername: SERVERNAME, resume: true },
  { name: 'new hosts', share: 0.25, servername: `*.${SERVERNAME}`, resume: false },
]

export const churn: Scenario = {
  summary: 'new connections: warm host, resumed, new hosts',
  defaults: { connections: 4_000, concurrency: 16, seconds: 0, workers: 2 },
  run: async (stage, { connections, concurrency }, criteria) => {
    const load = await stage.load('processes/traffic.js')
    let requests = 0
    for (const { name, share, servername, resume } of PARTS) {
      const count = Math.round(connections * share)
      const outcome = await churned(stage, criteria, name, () =>
        load.ask('churn', { route: stage.route(), count, concurrency, path: '/small', servername, resume } satisfies Churn),
      )
      requests += outcome.done
      if (resume) {
        const able = count - concurrency
        criteria.check(`${name}: sessions resume`, outcome.resumed >= RESUMED_SHARE * able, `${outcome.resumed} of ${able} that could`)
      }
    }
    await stage.judge(criteria, requests)
  },
}

async function churned(stage: Stage, criteria: Criteria, name: string, run: () => Promise<Outcome>): Promise<Outcome> {
  const before = await stage.engine.cpu()
  const outcome = await run()
  const cpu = ((await stage.engine.cpu()) - before) / Math.max(1, outcome.done) / 1000
  const rate = (outcome.done / outcome.seconds).toFixed(0)
  const failures = Object.entries(outcome.failures).map(([reason, times]) => `${times} × ${reason}`)
  criteria.check(
    `${name}: none lost`,
    outcome.failed === 0,
    `${outcome.failed} of ${outcome.done + outcome.failed} ${failures.join('; ')}`.trim(),
  )
  console.log(`  ${name}: ${rate}/s, ${cpu.toFixed(2)} ms CPU each, ${latencyText(outcome.latency)}`)
  return outcome
}
