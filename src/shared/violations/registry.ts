/**
 * The registry of violations: every protocol's table, joined.
 *
 * A protocol joins with one line here; `docs/errors.md` and its test follow. No thread of its own.
 */

import { connectViolations } from './connect.ts'
import type { Violation } from './violation.ts'

export const VIOLATION_TABLES: Readonly<Record<string, Readonly<Record<string, Violation>>>> = {
  connect: connectViolations,
}
