/**
 * problemLines: every problem of a configuration that was not accepted, a line each: place, option, reason, remedy. Main thread.
 */

import { type ConfigError, formatPath, problemPlace } from '../../shared/options/problems/config-error.ts'

export function problemLines({ problems, file }: ConfigError): string[] {
  return problems.map((problem) => {
    const place = problemPlace(problem, file)
    const path = file === undefined ? '' : formatPath(problem.path)
    return `${[place, path, problem.reason].filter((part) => part !== '').join(': ')}; ${problem.remedy}`
  })
}
