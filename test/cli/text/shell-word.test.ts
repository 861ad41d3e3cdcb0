/**
 * Words as a POSIX shell reads them, by a real one.
 */

import { execFileSync } from 'node:child_process'
import * as fc from 'fast-check'
import t from 'tap'
import { shellLine, shellWord } from '../../../src/cli/text/shell-word.ts'

t.test('words', async (t) => {
  t.equal(shellWord('/a/b-c_1.pem'), '/a/b-c_1.pem')
  t.equal(shellWord(''), "''")
  t.equal(shellWord("it's $HOME"), "'it'\\''s $HOME'")
  t.equal(shellLine(['echo', 'a b']), "echo 'a b'")
})

t.test('a shell reads back what was written', { skip: process.platform === 'win32' && 'no POSIX shell' }, async (t) => {
  const word = fc.string({ unit: fc.constantFrom('a', ' ', "'", '"', '$', '`', '\\', '\n', ';', '*', '~', 'é'), maxLength: 12 })
  const words = fc.sample(word, { numRuns: 60, seed: 1 })
  const read = execFileSync('sh', ['-c', `printf '%s\\0' ${shellLine(words)}`], { encoding: 'utf8' })
  t.same(read.split('\0').slice(0, -1), words)
})
