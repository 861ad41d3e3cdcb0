/**
 * compilePolicy: validated options → a Policy, for whoever has no image from elsewhere. Nothing here runs per flow.
 */

import type { EngineOptions } from '../options/schema.ts'
import { Policy } from './policy.ts'
import { policyImage } from './policy-image.ts'

export function compilePolicy(options: EngineOptions): Policy {
  return new Policy(policyImage(options))
}
