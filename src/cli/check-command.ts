/**
 * `soth-mitm check FILE`: whether a configuration would be accepted, and if not, every reason with its line. Main thread.
 */

import { asUserError, UserError } from '../shared/errors.ts'
import { CONFIG_PROBLEMS } from '../shared/limits/configuration.ts'
import { candidateOptions } from '../shared/options/candidate-options.ts'
import { loadConfigFile } from '../shared/options/document/load-config-file.ts'
import { ConfigError, formatPath } from '../shared/options/problems/config-error.ts'
import type { EngineOptions } from '../shared/options/schema.ts'
import type { Command } from './arguments/command.ts'
import { type FlagSpecs, parseArguments } from './arguments/parse-arguments.ts'
import { EXIT_CONFIG, EXIT_FAILED, EXIT_OK } from './exit-codes.ts'
import { counted } from './text/counted.ts'
import { problemLines } from './text/problem-lines.ts'

const CHECK_FLAGS = {
  json: { doc: 'print the result as one JSON object' },
  help: { doc: 'show this help', short: 'h' },
} as const satisfies FlagSpecs

export const checkCommand: Command = {
  summary: 'check a configuration file: OK, or every problem with line, path and reason',
  operands: ['FILE'],
  flags: CHECK_FLAGS,
  run: check,
}

/** What `--json` prints. */
interface CheckResult {
  readonly ok: boolean
  readonly file: string
  readonly problems: readonly { path: string; line?: number; column?: number; reason: string; remedy: string }[]
  /** What is accepted, and may not be what was meant. */
  readonly notes?: readonly string[]
}

async function check(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, CHECK_FLAGS, ['FILE'])
  const file = parsed.operands[0] ?? ''
  const json = parsed.flags.has('json')
  try {
    const options = loadConfigFile(file)
    candidateOptions(options)
    const notes = namesakes(options.rules)
    const text = [`${file}: OK (${counted(options.rules.length, 'rule')})`, ...notes.map((note) => `${file}: note: ${note}`)]
    process.stdout.write(json ? line({ ok: true, file, problems: [], ...(notes.length === 0 ? {} : { notes }) }) : `${text.join('\n')}\n`)
    return EXIT_OK
  } catch (thrown) {
    const error = asUserError(thrown, file)
    if (!(error instanceof UserError)) throw error
    process.stdout.write(json ? line(resultOf(error, file)) : describe(error))
    return error instanceof ConfigError ? EXIT_CONFIG : EXIT_FAILED
  }
}

/** Rules that nobody can tell apart by what is told of them: each name that several have, at the second that has it. */
function namesakes(rules: EngineOptions['rules']): string[] {
  const first = new Map<string, number>()
  const notes = new Map<string, string>()
  rules.forEach(({ name }, at) => {
    if (name === undefined || notes.size === CONFIG_PROBLEMS) return
    const before = first.get(name)
    if (before === undefined) first.set(name, at)
    else if (!notes.has(name)) notes.set(name, `rules[${before}] and rules[${at}] ${SHARE} ${JSON.stringify(name)}`)
  })
  return [...notes.values()]
}

const SHARE = 'have one name, by which events, metrics and the dice of faults know a rule:'

function describe(error: UserError): string {
  if (!(error instanceof ConfigError)) return `${error.message}\n`
  return `${problemLines(error).join('\n')}\n`
}

function resultOf(error: UserError, file: string): CheckResult {
  if (!(error instanceof ConfigError)) return { ok: false, file, problems: [{ path: '', reason: error.what, remedy: error.remedy }] }
  return { ok: false, file, problems: error.problems.map((problem) => ({ ...problem, path: formatPath(problem.path) })) }
}

function line(result: CheckResult): string {
  return `${JSON.stringify(result)}\n`
}
