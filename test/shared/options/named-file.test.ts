/**
 * Files that a configuration names: read whole, or refused by a sentence; a pipe or a device is never waited for.
 */

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { readNamedFile } from '../../../src/shared/options/named-file.ts'
import { ConfigError } from '../../../src/shared/options/problems/config-error.ts'

const directory = t.testdir({ roots: 'roots', 'roots-too': t.fixture('symlink', 'roots') })

function refusal(file: string) {
  try {
    return readNamedFile(file, 5).toString()
  } catch (error) {
    if (error instanceof ConfigError) return error.problems[0].reason
    throw error
  }
}

t.equal(refusal(join(directory, 'roots')), 'roots')
t.equal(refusal(join(directory, 'roots-too')), 'roots', 'through a link')
t.throws(() => readNamedFile(join(directory, 'roots'), 4), /roots has more than 4 octets; give the right file/)
t.match(refusal(join(directory, 'absent')), /^cannot read .*absent: ENOENT$/)
t.match(refusal(directory), /is not a regular file$/)

t.test('what never ends', { skip: process.platform === 'win32' && 'no such files' }, async (t) => {
  const pipe = join(directory, 'pipe')
  execFileSync('mkfifo', [pipe])
  for (const file of [pipe, '/dev/zero']) t.match(refusal(file), /is not a regular file$/)
})
