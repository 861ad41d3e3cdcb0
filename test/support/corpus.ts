/**
 * corpus: reads test material line by line: a committed fixture, or a full corpus where SOTH_CORPORA names its folder.
 */

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const CORPORA = process.env['SOTH_CORPORA']

/** A file under test/fixtures; tests run from dist/test at any depth, always with the package's root as working directory. */
export function fixture(path: string): string {
  return readFileSync(join('test', 'fixtures', path), 'utf8')
}

export function jsonLines<Row>(text: string): Row[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row)
}

/** Options for a tap test on a file of the full corpora: skipped, with the reason, where it is not on this machine. */
export function needsCorpus(path: string): { skip: string | false } {
  if (CORPORA === undefined) return { skip: 'SOTH_CORPORA is not set' }
  return { skip: existsSync(join(CORPORA, path)) ? false : `no ${path} under SOTH_CORPORA` }
}

export function corpus(path: string): string {
  return readFileSync(join(CORPORA ?? '', path), 'utf8')
}
