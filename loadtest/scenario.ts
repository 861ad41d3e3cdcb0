/**
 * Scenario: one kind of load, with its criteria.
 */

import type { Criteria } from './criteria.ts'
import type { Bounds, Stage } from './stage.ts'

export interface Scenario {
  readonly summary: string
  readonly defaults: Bounds
  run(stage: Stage, bounds: Bounds, criteria: Criteria): Promise<void>
}
