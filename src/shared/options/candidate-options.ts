/**
 * The policy beside the one in force: the options `shadow` or `shadow_policy`, as whole options. No thread of its own.
 */

import { loadConfigFile } from './document/load-config-file.ts'
import type { EngineOptions } from './schema.ts'

/** Undefined where none is given. Throws a ConfigError or UserError for a file that is not accepted. */
export function candidateOptions(options: EngineOptions): EngineOptions | undefined {
  return options.shadow_policy === undefined ? inlineCandidate(options) : loadConfigFile(options.shadow_policy)
}

/** What `shadow` does not say is as in the policy in force. */
export function inlineCandidate(options: EngineOptions): EngineOptions | undefined {
  const { shadow, ...rest } = options
  if (shadow === undefined) return undefined
  const { rules, default_action = rest.default_action, ignore_hosts = rest.ignore_hosts } = shadow
  return { ...rest, mode: 'active', rules, default_action, ignore_hosts }
}
