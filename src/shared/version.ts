/**
 * The version of this package, read once from its own package.json. No thread of its own.
 */

import { readFileSync } from 'node:fs'

// From src/ and from dist/src/ alike the package's root is the first folder upwards that has a package.json.
function packageVersion(): string {
  for (let folder = new URL('.', import.meta.url); ; folder = new URL('..', folder)) {
    try {
      const text = readFileSync(new URL('package.json', folder), 'utf8')
      return (JSON.parse(text) as { version: string }).version
    } catch {
      if (folder.pathname === '/') return '0.0.0'
    }
  }
}

export const VERSION: string = packageVersion()
