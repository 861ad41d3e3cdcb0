/**
 * How the checks of options report: each problem with the path of its option, all that an operator would read, not the first alone.
 * No thread of its own.
 */

import { invariant } from '../../assert.ts'
import { CONFIG_PROBLEMS } from '../../limits/configuration.ts'
import { ConfigError, type ConfigProblem, type ConfigProblems, formatPath, type OptionPath } from './config-error.ts'

/** Notes a problem at `path`, from where the reporter stands. */
export type Report = (path: OptionPath, problem: ConfigError) => void

/** Runs `check`, which throws a ConfigError where `value` is wrong. */
export function checkOne<Value>(report: Report, path: OptionPath, value: Value, check: (value: Value) => unknown, at?: number): void {
  try {
    check(value)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    // Nothing is put together for values that are sound: 100,000 are usual.
    report(at === undefined ? path : [...path, at], error)
  }
}

/** Checks a value, or each of a list; the problem's path says which. */
export function checkEach<Value>(
  report: Report,
  path: OptionPath,
  value: Value | readonly Value[] | undefined,
  check: (value: Value) => unknown,
): void {
  if (value === undefined) return
  if (!Array.isArray(value)) checkOne(report, path, value as Value, check)
  else for (let at = 0; at < value.length; at++) checkOne(report, path, value[at] as Value, check, at)
}

const MORE: ConfigProblem = { path: [], reason: 'there are more problems', remedy: 'put these right first' }

/** What is told of the problems found: each once, and only so many. */
export function toldProblems(found: readonly ConfigProblem[]): ConfigProblems {
  const isAll = found.length <= CONFIG_PROBLEMS
  const told = new Map<string, ConfigProblem>()
  for (const problem of isAll ? found : [...found.slice(0, CONFIG_PROBLEMS - 1), MORE]) {
    told.set(`${formatPath(problem.path)}: ${problem.reason}`, problem)
  }
  const [first, ...rest] = told.values()
  invariant(first !== undefined, 'a refused configuration has a problem')
  return [first, ...rest]
}
