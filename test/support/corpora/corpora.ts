/**
 * Where test material lies: small committed fixtures, and the full corpora where SOTH_CORPORA names their folder; and reading it.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { REPOSITORY } from '../kept-equal.ts'

/** The path of a committed fixture. */
export function fixture(...path: string[]): string {
  return join(REPOSITORY, 'test/fixtures', ...path)
}

export function fixtureText(...path: string[]): string {
  return readFileSync(fixture(...path), 'utf8')
}

/** The path of a corpus file, or `undefined` where the corpora are not present: the test then skips, and says so. */
export function corpus(...path: string[]): string | undefined {
  const root = process.env['SOTH_CORPORA']
  if (root === undefined) return undefined
  const file = join(root, ...path)
  return existsSync(file) ? file : undefined
}

export const NO_CORPORA = 'SOTH_CORPORA does not name the corpora'

/** Options for a tap test on a file of the full corpora: skipped, with the reason, where it is not on this machine. */
export function needsCorpus(...path: string[]): { skip: string | false } {
  return { skip: corpus(...path) === undefined ? NO_CORPORA : false }
}

/** The text of a corpus file, for tests that `needsCorpus` lets run. */
export function corpusText(...path: string[]): string {
  return readFileSync(corpus(...path) ?? join(...path), 'utf8')
}

export function jsonLines<Row>(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}
