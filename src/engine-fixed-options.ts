/**
 * Options that a reload cannot change. Main thread.
 */

import type { EngineOptions } from './shared/options/schema.ts'

/** Options that are built into threads, sockets and files when the engine starts. */
const FIXED_OPTIONS = [
  'listen',
  'admin',
  'admin_hosts',
  'workers',
  'ca_dir',
  'events',
  'feed',
  'sidecar',
  'redact_fields',
  'redact_query',
  'providers',
] as const

/** Limits of what is allocated at the start. */
const FIXED_LIMITS = ['sessions', 'leaf_cache', 'metric_hosts'] as const

/** Names of those that `after` has otherwise than `before`. */
export function changedFixedOptions(before: EngineOptions, after: EngineOptions): string[] {
  const options = FIXED_OPTIONS.filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]))
  const limits = FIXED_LIMITS.filter((name) => before.limits[name] !== after.limits[name])
  return [...options, ...limits.map((name) => `limits.${name}`)]
}
