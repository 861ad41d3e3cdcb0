/** ScratchDirectory: there while it is used, gone afterwards, and nothing listens for signals any more. */

import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ScratchDirectory } from '../../src/cli/scratch-directory.ts'

t.test('is removed with all that is in it', async (t) => {
  const listeners = process.listenerCount('SIGTERM')
  const [one, other] = [new ScratchDirectory('soth-mitm-test'), new ScratchDirectory('soth-mitm-test')]
  t.not(one.path, other.path)
  t.equal(process.listenerCount('SIGTERM'), listeners + 1)
  writeFileSync(join(one.path, 'a-file'), 'text')
  one.remove()
  t.notOk(existsSync(one.path))
  t.ok(existsSync(other.path))
  other.remove()
  t.equal(process.listenerCount('SIGTERM'), listeners)
})
