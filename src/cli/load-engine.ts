/**
 * Loads the engine when a command first needs it. The only line of the CLI that knows where the engine lives. Main thread.
 */

import type { CreateEngine } from '../engine-types.ts'

export async function loadEngine(): Promise<CreateEngine> {
  const engine = (await import(new URL('../engine.js', import.meta.url).href)) as { createEngine: CreateEngine }
  return engine.createEngine
}
