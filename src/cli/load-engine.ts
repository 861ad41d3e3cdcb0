/**
 * Loads the engine when a command first needs it. The only line of the CLI that knows where the engine lives. Main thread.
 */

import type { CreateServedEngine } from './served-engine.ts'

export async function loadEngine(): Promise<CreateServedEngine> {
  const engine = (await import(new URL('../engine.js', import.meta.url).href)) as { createEngine: CreateServedEngine }
  return engine.createEngine
}
