/**
 * ConfigError: a configuration that is not accepted, with every problem found in it. A whole configuration is taken or none.
 *
 * Each problem names the option's path; line and column are added where the configuration came from a file
 * (`document/load-config-file.ts`). No thread of its own.
 */

import { UserError } from '../../errors.ts'

/** Steps from the top of the configuration: `['rules', 3, 'match', 'host']`. */
export type OptionPath = readonly (string | number)[]

export interface ConfigProblem {
  readonly path: OptionPath
  /** From 1; only where the configuration came from a file. */
  readonly line?: number
  readonly column?: number
  /** What is wrong with the value, as a clause. */
  readonly reason: string
  /** What to do about it, as an imperative clause. */
  readonly remedy: string
}

/** At least one. */
export type ConfigProblems = readonly [ConfigProblem, ...ConfigProblem[]]

export class ConfigError extends UserError {
  override readonly name = 'ConfigError'
  readonly problems: ConfigProblems
  /** The first problem's, in the spelling of `formatPath`. */
  readonly path: string
  readonly line: number | undefined
  readonly column: number | undefined
  readonly reason: string
  /** The file it was read from; undefined for options given in code. */
  readonly file: string | undefined

  constructor(problems: ConfigProblems, file?: string) {
    const [first] = problems
    super(describeProblem(first, file === undefined), problemPlace(first, file), first.remedy)
    this.problems = problems
    this.path = formatPath(first.path)
    this.line = first.line
    this.column = first.column
    this.reason = first.reason
    this.file = file
  }

  /** A problem with one value; whoever knows the value's place adds it (`check-meaning.ts`). */
  static of(reason: string, remedy: string): ConfigError {
    return new ConfigError([{ path: [], reason, remedy }])
  }
}

/** `rules[3].match.host`; empty for the configuration as a whole. */
export function formatPath(path: OptionPath): string {
  let text = ''
  for (const step of path) text += typeof step === 'number' ? `[${step}]` : `${text === '' ? '' : '.'}${step}`
  return text
}

/** `file:line:column` as compilers write it, or the option's path where there is no file. */
export function problemPlace(problem: ConfigProblem, file: string | undefined): string {
  if (file === undefined) return formatPath(problem.path)
  return problem.line === undefined ? file : `${file}:${problem.line}:${problem.column ?? 1}`
}

function describeProblem(problem: ConfigProblem, placeIsPath: boolean): string {
  const path = formatPath(problem.path)
  return placeIsPath || path === '' ? problem.reason : `${path}: ${problem.reason}`
}
