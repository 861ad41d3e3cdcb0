/** The report, as data and as text. */

import t from 'tap'
import { AttemptLog } from '../../../src/cli/scenario/attempt-log.ts'
import { judge } from '../../../src/cli/scenario/judge.ts'
import { operationsOf } from '../../../src/cli/scenario/operation.ts'
import { reportText } from '../../../src/cli/scenario/report-text.ts'
import { phaseReport, scenarioReport } from '../../../src/cli/scenario/scenario-report.ts'
import { ClientStory, type ToldRequest } from '../../support/client-story.ts'

const RETRIED: readonly ToldRequest[] = [
  { at: [0, 10, 11], status: 529, response: [['retry-after', '1']], fault: { kind: 'respond', profile: 'anthropic:529' } },
  { at: [1_030, 1_040, 1_050], status: 200 },
]

function reportOf(story: ClientStory, expect: Parameters<typeof judge>[0]) {
  const log = new AttemptLog()
  for (const event of story.events) log.add(event)
  const evidence = {
    operations: operationsOf(log.attempts),
    faults: log.faults.length,
    durationMs: 1_500.2,
    exitCode: 0,
    isTimedOut: false,
  }
  return phaseReport('overloaded', evidence, log.faults, judge(expect, evidence))
}

t.test('data', async (t) => {
  const report = reportOf(new ClientStory().connection(...RETRIED), { retry_after: { early_ms: 25 } })
  t.match(report, {
    name: 'overloaded',
    ok: true,
    duration_ms: 1_500,
    exit_code: 0,
    injected: [{ rule: 'r', kind: 'respond', profile: 'anthropic:529', count: 1 }],
    operation_count: 1,
    operations: [
      {
        method: 'POST',
        host: 'a.example',
        port: 443,
        path: '/v1/messages',
        outcome: 'succeeded',
        attempts: [
          { status: 529, faults: ['anthropic:529'], duration_ms: 11 },
          { status: 200, waited_ms: 1_020, asked_ms: 1_000, duration_ms: 20 },
        ],
      },
    ],
    checks: [{ name: 'retry_after', ok: true }],
  })
})

t.test('text', async (t) => {
  const good = reportOf(new ClientStory().connection(...RETRIED), { retry_after: { early_ms: 25 } })
  const bad = reportOf(new ClientStory().connection(...RETRIED), { outcome: 'gave_up' })
  t.equal(
    reportText(scenarioReport('T', [good, bad])),
    `Scenario: T

Phase overloaded: PASS (1.50 s, exit code 0)
  injected  1 × anthropic:529 (respond, rule r)
  POST a.example:443/v1/messages: succeeded
    1  529; fault anthropic:529
    2  200; waited 1.02 s of the 1.00 s asked for
  ok    retry_after: 1.02 s of 1.00 s

Phase overloaded: FAIL (1.50 s, exit code 0)
  injected  1 × anthropic:529 (respond, rule r)
  POST a.example:443/v1/messages: succeeded
    1  529; fault anthropic:529
    2  200; waited 1.02 s of the 1.00 s asked for
  FAIL  outcome: expected gave_up; found succeeded

FAIL: 1 of 2 phases
`,
  )
})

t.test('attempts that came to nothing', async (t) => {
  const story = new ClientStory()
  story.lost([0, 5], 'fault_injected', { kind: 'reset', profile: 'anthropic:reset' })
  story.connection({ at: [10, 11, 12], reason: 'upstream_reset' }, { at: [20, 21, 22], status: 200, reason: 'client_reset' })
  const report = reportOf(story, {})
  t.match(
    reportText(scenarioReport('T', [report])),
    /1 {2}no response; fault anthropic:reset\n {4}2 {2}no response \(upstream_reset\); waited/,
  )
  t.match(reportText(scenarioReport('T', [report])), /200 \(client_reset\)/)
})

t.test('many operations: some are shown, all are counted', async (t) => {
  const story = new ClientStory()
  for (let n = 0; n < 300; n++) story.connection({ at: [n, n, n], status: 200, path: `/${n}` })
  const report = reportOf(story, {})
  t.same([report.operation_count, report.operations.length], [300, 200])
  t.match(reportText(scenarioReport('T', [report])), /injected {2}nothing[\s\S]*… and 290 more operations/)
})
