/**
 * Loads the engine when a command first needs it: `--help` and `check` need not wait for it. Main thread.
 */

import { letHeapsGrow } from './heap-growth.ts'
import type { CreateServedEngine } from './served-engine.ts'

export async function loadEngine(): Promise<CreateServedEngine> {
  letHeapsGrow()
  const { createEngine } = await import('../../engine.ts')
  return createEngine
}
