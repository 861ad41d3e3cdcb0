/**
 * `~` and `~/…` in configured paths: the user's home directory, as a shell would have it. No thread of its own.
 */

import { homedir } from 'node:os'
import { join } from 'node:path'

export function expandHome(path: string): string {
  return path === '~' || path.startsWith('~/') ? join(homedir(), path.slice(1)) : path
}
