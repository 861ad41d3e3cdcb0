/**
 * keptEqual: a committed document that is written from code must be what the code writes now.
 *
 * `SOTH_WRITE_DOCS=1 npm test` writes the documents instead of comparing them.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

/** The repository's root, from `dist/test/support/`. */
export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

/** `path` is relative to the repository's root. */
export function keptEqual(t: Test, path: string, text: string): void {
  const file = `${REPOSITORY}${path}`
  if (process.env['SOTH_WRITE_DOCS'] === '1') {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  t.equal(readFileSync(file, 'utf8'), text, `${path} is what the code writes (SOTH_WRITE_DOCS=1 npm test writes it anew)`)
}
