/**
 * Where test material lies: small committed fixtures, and the full corpora where SOTH_CORPORA names their folder.
 */

import { existsSync } from 'node:fs'
import { join } from 'node:path'

/** The repository's root, seen from `dist/test/support/`. */
const ROOT = join(import.meta.dirname, '../../..')

export function fixture(...path: string[]): string {
  return join(ROOT, 'test/fixtures', ...path)
}

/** The path of a corpus file, or `undefined` where the corpora are not present: the test then skips, and says so. */
export function corpus(...path: string[]): string | undefined {
  const root = process.env['SOTH_CORPORA']
  if (root === undefined) return undefined
  const file = join(root, ...path)
  return existsSync(file) ? file : undefined
}

export const NO_CORPORA = 'SOTH_CORPORA does not name the corpora'
