/** shortDirectory: a folder for Unix sockets, whose paths have 103 octets at most: a test's own folder may lie too deep for them. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'

/** Removed with the test. */
export function shortDirectory(t: Pick<Test, 'teardown'>): string {
  const directory = mkdtempSync(join(tmpdir(), 'soth-'))
  t.teardown(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
