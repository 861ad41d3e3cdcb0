/**
 * keptEqual: a committed document that is written from code must be what the code writes now.
 *
 * `SOTH_WRITE_DOCS=1 npm test` writes the documents anew where they differ.
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Test } from 'tap'

/** The repository's root, from `dist/test/support/`. */
export const REPOSITORY = fileURLToPath(new URL('../../../', import.meta.url))

/** `path` is relative to the repository's root. `normalise` takes out what a formatter may change. */
export function keptEqual(t: Test, path: string, text: string, normalise = (document: string) => document): void {
  const file = `${REPOSITORY}${path}`
  const kept = existsSync(file) ? readFileSync(file, 'utf8') : '""'
  if (process.env['SOTH_WRITE_DOCS'] === '1' && normalise(kept) !== normalise(text)) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  t.equal(
    normalise(readFileSync(file, 'utf8')),
    normalise(text),
    `${path} is what the code writes (SOTH_WRITE_DOCS=1 npm test writes it anew)`,
  )
}
