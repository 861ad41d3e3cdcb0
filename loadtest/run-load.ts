/**
 * The load tests: bounded in count and time, loopback only, with criteria and an exit code.
 *
 *     npm run load -- SCENARIO [--connections N] [--concurrency N] [--seconds N] [--workers N] [--json FILE]
 */

import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { machine } from '../bench/support/machine.ts'
import { Criteria } from './criteria.ts'
import type { Scenario } from './scenario.ts'
import { churn } from './scenarios/churn.ts'
import { headers } from './scenarios/headers.ts'
import { held } from './scenarios/held.ts'
import { idle } from './scenarios/idle.ts'
import { mixed, soak } from './scenarios/mixed.ts'
import { streams } from './scenarios/streams.ts'
import { type Bounds, Stage } from './stage.ts'

const SCENARIOS: Readonly<Record<string, Scenario>> = { churn, streams, held, headers, idle, mixed, soak }

/** Nobody loads a machine without end by a slip of the keyboard. */
const MOST: Bounds = { connections: 100_000, concurrency: 512, seconds: 86_400, workers: 64 }

const USAGE = `npm run load -- SCENARIO [flags]

${Object.entries(SCENARIOS)
  .map(
    ([name, { summary, defaults }]) =>
      `  ${name.padEnd(9)} ${summary}\n            (connections ${defaults.connections}, concurrency ${defaults.concurrency}, seconds ${defaults.seconds}, workers ${defaults.workers})`,
  )
  .join('\n')}

  --connections N   sessions or streams, or connections to make
  --concurrency N   how many are opening at once
  --seconds N       how long to hold or play
  --workers N       workers of the engine
  --json FILE       write the criteria there
  --help
`

const OPTIONS = {
  connections: { type: 'string' },
  concurrency: { type: 'string' },
  seconds: { type: 'string' },
  workers: { type: 'string' },
  json: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const

const { values, positionals } = wordsOf(process.argv.slice(2))

/** Mistakes are one line, and the exit code of a wrong command line. */
function misused(problem: string): never {
  process.stderr.write(`${problem}; npm run load -- --help tells what there is\n`)
  process.exit(2)
}

function wordsOf(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: OPTIONS })
  } catch (error) {
    return misused((error as Error).message.split('. ')[0] ?? '')
  }
}

function bound(name: keyof Bounds, fallback: number): number {
  const value = Number(values[name] ?? fallback)
  // Without workers sessions run on the main thread; churn ends by its connections, not by time.
  const least = name === 'workers' || name === 'seconds' ? 0 : 1
  if (!Number.isInteger(value) || value < least || value > MOST[name])
    misused(`--${name} must be a whole number from ${least} to ${MOST[name]}, not ${values[name]}`)
  return value
}

async function main(name: string, scenario: Scenario): Promise<number> {
  const { defaults } = scenario
  const bounds: Bounds = {
    connections: bound('connections', defaults.connections),
    concurrency: bound('concurrency', defaults.concurrency),
    seconds: bound('seconds', defaults.seconds),
    workers: bound('workers', defaults.workers),
  }
  const about = machine()
  const stage = await Stage.open(bounds)
  console.log(`${name}: ${JSON.stringify(bounds)}, node ${about.node}, origin ${stage.origin.name}, load average ${about.load_average[0]}`)
  const criteria = new Criteria()
  const started = performance.now()
  try {
    await scenario.run(stage, bounds, criteria)
  } finally {
    await stage.scraper.stop()
    await stage.close()
  }
  for (const { name: criterion, passed, detail } of criteria.list) console.log(`${passed ? 'ok  ' : 'FAIL'} ${criterion}: ${detail}`)
  console.log(
    `${criteria.list.length - criteria.failed} kept, ${criteria.failed} not, ${((performance.now() - started) / 1000).toFixed(0)} s`,
  )
  if (values.json !== undefined)
    writeFileSync(values.json, `${JSON.stringify({ scenario: name, bounds, machine: about, criteria: criteria.list }, null, 2)}\n`)
  return criteria.failed === 0 ? 0 : 1
}

const [name = '', ...further] = positionals
const scenario = SCENARIOS[name]
if (values.help || positionals.length === 0) {
  process.stdout.write(USAGE)
  process.exitCode = values.help ? 0 : 2
} else if (scenario === undefined || further.length > 0) {
  misused(scenario === undefined ? `there is no scenario "${name}"` : `one scenario at a time, not "${further.join(' ')}" as well`)
} else {
  process.exitCode = await main(name, scenario)
}
