/**
 * loadProfile: a profile file, shipped or a user's → its faults, checked as those of a rule are. No thread of its own.
 */

import { parseDocument } from '../../options/document/parse-document.ts'
import { ConfigError, type ConfigProblem, type OptionPath } from '../../options/problems/config-error.ts'
import { nearestName } from '../../options/problems/nearest-name.ts'
import { checkEach, type Report } from '../../options/problems/problem-report.ts'
import { ruleSchema } from '../../options/rule-schema.ts'
import { parsePathPattern } from '../../policy/conditions/path-pattern.ts'
import { parseHostPattern } from '../../policy/hosts/host-pattern.ts'
import { checkFaults } from '../check-faults.ts'
import { type Profile, type ProfileMatch, profileSchema, resolvedProfileSchema } from './profile-schema.ts'

const REFERENCE = 'docs/faults.md'

export function loadProfile(file: string): Profile {
  return parseDocument(file, profileSchema, { schema: resolvedProfileSchema(), reference: REFERENCE }, checkProfile)
}

function checkProfile(profile: Profile): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const report: Report = (path, { problems: [problem] }) => void problems.push({ ...problem, path })
  const names = Object.keys(profile.entries)
  if (profile.default !== undefined && !names.includes(profile.default)) {
    const meant = nearestName(profile.default, names)
    report(['default'], ConfigError.of(`there is no entry "${profile.default}"`, `did you mean "${meant ?? names[0] ?? ''}"?`))
  }
  checkMatch(profile.match, ['match'], report)
  for (const [name, entry] of Object.entries(profile.entries)) {
    if (entry.match !== undefined) checkMatch(entry.match, ['entries', name, 'match'], report)
    const rule = ruleSchema.parse({ match: entry.match ?? profile.match, fault: entry.fault })
    checkFaults(rule, (path, error) => report(['entries', name, 'fault', ...path], error))
  }
  return problems
}

function checkMatch({ host, path }: ProfileMatch, at: OptionPath, report: Report): void {
  checkEach(report, [...at, 'host'], host, parseHostPattern)
  checkEach(report, [...at, 'path'], path, parsePathPattern)
}
