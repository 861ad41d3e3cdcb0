/**
 * How the checks of options report: each problem with the path of its option, all of them, not the first alone. No thread of its
 * own.
 */

import { ConfigError, type OptionPath } from './config-error.ts'

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
