/**
 * The version that package.json states. Main thread.
 */

import { readFileSync } from 'node:fs'

export function packageVersion(): string {
  // From dist/src/cli/, in the repository and in the published package alike.
  const text = readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(text) as { version: string }
  return version
}
