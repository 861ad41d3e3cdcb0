/** VERSION is the one of package.json, found from the compiled file. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { VERSION } from '../../src/shared/version.ts'
import { REPOSITORY } from '../support/kept-equal.ts'

t.test('the version', async (t) => {
  const { version } = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as { version: string }
  t.equal(VERSION, version)
})
