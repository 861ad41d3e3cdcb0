/**
 * FieldConditions: which field lines a request must have. Names without case (RFC 9110 §5.1), values by pattern. No thread of its
 * own.
 *
 * All names given must hold. A name holds where one of its lines has a value that one of its patterns matches: a field sent twice is
 * two lines (RFC 9110 §5.2). Costs nothing but a look at the lengths of names for lines that no rule names.
 */

import type { FieldSection } from '../../http/field-section.ts'
import { parseValuePattern, type ValuePattern } from './value-pattern.ts'

interface FieldCondition {
  /** Lower case. */
  readonly name: string
  readonly patterns: readonly ValuePattern[]
}

export class FieldConditions {
  readonly #conditions: readonly FieldCondition[]

  constructor(fields: Readonly<Record<string, readonly string[]>>) {
    this.#conditions = Object.entries(fields).map(([name, patterns]) => ({
      name: name.toLowerCase(),
      patterns: patterns.map(parseValuePattern),
    }))
  }

  /** `authority`: stands in the place of Host where there is no such line. */
  hold(fields: FieldSection, authority?: string): boolean {
    for (const condition of this.#conditions) {
      const isHost = condition.name === 'host' && authority !== undefined && fields.find('host') === -1
      if (isHost ? !condition.patterns.some((pattern) => pattern.matches(authority)) : !holds(condition, fields)) return false
    }
    return true
  }
}

function holds({ name, patterns }: FieldCondition, fields: FieldSection): boolean {
  for (let line = fields.find(name); line !== -1; line = fields.find(name, line + 1)) {
    const value = fields.value(line)
    if (patterns.some((pattern) => pattern.matches(value))) return true
  }
  return false
}
