/**
 * Loads the engine when a command first needs it: `--help` and `check` need not wait for it. Main thread.
 */

import type { CreateServedEngine } from './served-engine.ts'

export async function loadEngine(): Promise<CreateServedEngine> {
  const { createEngine } = await import('../engine.ts')
  return createEngine
}
