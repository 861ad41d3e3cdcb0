/**
 * `soth-mitm scenario run | check FILE`: a resilience test of a client: faults, what it did about them, pass or fail. Main thread.
 */

import { writeFileSync } from 'node:fs'
import { asUserError } from '../../shared/errors.ts'
import type { Command, CommandContext } from '../arguments/command.ts'
import { type Arguments, type FlagSpecs, parseArguments, singleValue } from '../arguments/parse-arguments.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { makeLogger } from '../engine/make-logger.ts'
import { EXIT_FAILED, EXIT_OK } from '../exit-codes.ts'
import { START_FLAGS, startOptions } from '../start/start-options.ts'
import { counted } from '../text/counted.ts'
import { loadScenario } from './load-scenario.ts'
import { reportText } from './report-text.ts'
import type { ScenarioReport } from './scenario-report.ts'
import { runScenario } from './scenario-runner.ts'

const SCENARIO_FLAGS = {
  json: { value: 'FILE', doc: 'write the report as JSON; -: to standard output, in the place of the text' },
  config: START_FLAGS.config,
  'ca-dir': START_FLAGS['ca-dir'],
  events: { value: 'FILE', doc: 'write all events as NDJSON' },
  'log-level': { value: 'LEVEL', doc: 'log lines less grave are left out (default warn)' },
  help: START_FLAGS.help,
} as const satisfies FlagSpecs

export const scenarioCommand: Command = {
  summary: 'run a resilience test of a client: faults, its retries and waits, pass or fail',
  operands: ['run|check', 'FILE'],
  flags: SCENARIO_FLAGS,
  run: scenario,
}

async function scenario(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseArguments(args, SCENARIO_FLAGS, scenarioCommand.operands)
  const [action = '', file = ''] = parsed.operands
  if (action !== 'run' && action !== 'check') throw new UsageError('unknown action', action, 'write soth-mitm scenario run FILE')
  const loaded = loadScenario(file, startOptions({ flags: withoutJson(parsed), operands: [] }))
  if (action === 'check') {
    process.stdout.write(`${file}: OK (${counted(loaded.phases.length, 'phase')})\n`)
    return EXIT_OK
  }
  const logger = makeLogger(parsed.flags.has('log-level') ? loaded.phases[0].options.log_level : 'warn')
  const report = await runScenario(loaded, {
    createEngine: await context.loadEngine(),
    log: (level, message) => logger[level](message),
    onReady: (address, caFile) => void process.stderr.write(`soth-mitm: proxy on ${address}, CA ${caFile}\n`),
  })
  tell(report, singleValue(parsed, 'json'))
  return report.ok ? EXIT_OK : EXIT_FAILED
}

function withoutJson(parsed: Arguments): Arguments['flags'] {
  return new Map([...parsed.flags].filter(([name]) => name !== 'json'))
}

function tell(report: ScenarioReport, jsonFile: string | undefined): void {
  const json = `${JSON.stringify(report, null, 2)}\n`
  if (jsonFile === '-') {
    process.stdout.write(json)
    return
  }
  process.stdout.write(reportText(report))
  if (jsonFile === undefined) return
  try {
    writeFileSync(jsonFile, json)
  } catch (error) {
    throw asUserError(error, jsonFile)
  }
}
