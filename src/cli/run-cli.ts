/**
 * runCli: argv → a command → an exit code. Here every error ends: a mishap as one line, a configuration's
 * problems as a line each, a bug with its stack trace.
 *
 * Commands are a table; a new one is a file beside this one and a line in it. Main thread.
 */

import { asUserError, stackOf, UserError } from '../shared/errors.ts'
import { ConfigError } from '../shared/options/problems/config-error.ts'
import { nearestName } from '../shared/options/problems/nearest-name.ts'
import type { Command, CommandContext } from './arguments/command.ts'
import { commandHelp, overview } from './arguments/help-text.ts'
import { UsageError } from './arguments/usage-error.ts'
import { caCommand } from './ca-command.ts'
import { checkCommand } from './check-command.ts'
import { demoCommand } from './demo/demo-command.ts'
import { doctorCommand } from './doctor/doctor-command.ts'
import { execCommand } from './exec/exec-command.ts'
import { EXIT_BUG, EXIT_CONFIG, EXIT_FAILED, EXIT_OK, EXIT_USAGE } from './exit-codes.ts'
import { explainCommand } from './explain/explain-command.ts'
import { faultsCommand } from './faults-command.ts'
import { packageVersion } from './package-version.ts'
import { scenarioCommand } from './scenario/scenario-command.ts'
import { startCommand } from './start/start-command.ts'
import { problemLines } from './text/problem-lines.ts'

export const COMMANDS: ReadonlyMap<string, Command> = new Map([
  ['start', startCommand],
  ['check', checkCommand],
  ['explain', explainCommand],
  ['demo', demoCommand],
  ['ca', caCommand],
  ['exec', execCommand],
  ['faults', faultsCommand],
  ['scenario', scenarioCommand],
  ['doctor', doctorCommand],
])

export async function runCli(argv: readonly string[], context: CommandContext): Promise<number> {
  try {
    return await dispatch(argv, context)
  } catch (thrown) {
    const error = asUserError(thrown)
    if (!(error instanceof UserError)) {
      process.stderr.write(`soth-mitm: this is a bug in soth-mitm, please report it\n${stackOf(error)}\n`)
      return EXIT_BUG
    }
    const lines = error instanceof ConfigError ? problemLines(error) : [error.message]
    for (const line of lines) process.stderr.write(`soth-mitm: ${line}\n`)
    return error instanceof UsageError ? EXIT_USAGE : error instanceof ConfigError ? EXIT_CONFIG : EXIT_FAILED
  }
}

async function dispatch(argv: readonly string[], context: CommandContext): Promise<number> {
  const [first] = argv
  const named = first !== undefined && !first.startsWith('-')
  const name = named ? first : 'start'
  const command = COMMANDS.get(name)
  if (command === undefined) throw unknownCommand(name)
  const args = named ? argv.slice(1) : argv
  if (wants(args, '--version', '-v') && name === 'start') return print(`${packageVersion()}\n`)
  const own = args.includes('--') ? args.slice(0, args.indexOf('--')) : args
  if (wants(own, '--help', '-h')) return print(named ? commandHelp(name, command) : overview(COMMANDS, startCommand.flags))
  try {
    return await command.run(args, context)
  } catch (error) {
    throw named && error instanceof UsageError ? error.of(name) : error
  }
}

/** Help is given whatever else the line says, right or wrong. */
function wants(args: readonly string[], ...spellings: readonly string[]): boolean {
  return args.some((word) => spellings.includes(word))
}

function print(text: string): number {
  process.stdout.write(text)
  return EXIT_OK
}

function unknownCommand(name: string): UsageError {
  const meant = nearestName(name, [...COMMANDS.keys()])
  return new UsageError('unknown command', name, meant === undefined ? undefined : `did you mean ${meant}?`)
}
