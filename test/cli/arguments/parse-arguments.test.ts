/**
 * parseArguments: forms of flags, operands, and each mistake with its words.
 */

import t from 'tap'
import { type FlagSpecs, parseArguments, singleValue } from '../../../src/cli/arguments/parse-arguments.ts'

const SPECS: FlagSpecs = { config: { value: 'FILE', doc: '', short: 'c' }, listen: { value: 'ADDRESS', doc: '' }, json: { doc: '' } }

t.test('forms', async (t) => {
  t.same(
    [...parseArguments(['--config', 'a', '--json'], SPECS, []).flags],
    [
      ['config', ['a']],
      ['json', ['']],
    ],
  )
  t.equal(singleValue(parseArguments(['--config=a=b'], SPECS, []), 'config'), 'a=b')
  t.equal(singleValue(parseArguments(['-c', 'a'], SPECS, []), 'config'), 'a')
  t.equal(singleValue(parseArguments(['--config', '-'], SPECS, []), 'config'), '-', 'a lone dash is a value')
  t.equal(singleValue(parseArguments([], SPECS, []), 'config'), undefined)
  t.same(parseArguments(['--listen', 'a', '--listen', 'b'], SPECS, []).flags.get('listen'), ['a', 'b'])
  t.same(parseArguments(['x', '--json'], SPECS, ['FILE']).operands, ['x'])
  t.same(parseArguments(['--', '--json'], SPECS, ['FILE']).operands, ['--json'], 'behind -- all are operands')
})

t.test('mistakes', async (t) => {
  const mistakes: readonly (readonly [args: readonly string[], operands: readonly string[], message: RegExp])[] = [
    [['--confg', 'a'], [], /--confg: unknown flag; did you mean --config\?/],
    [['--zzz'], [], /--zzz: unknown flag; see soth-mitm --help/],
    [['-x'], [], /-x: unknown flag/],
    [['--__proto__', 'x'], [], /--__proto__: unknown flag/],
    [['--constructor'], [], /--constructor: unknown flag/],
    [['--config'], [], /--config: needs a value: --config FILE/],
    [['--config='], [], /needs a value/],
    [['--config', '--json'], [], /needs a value/],
    [['--json=yes'], [], /--json: takes no value/],
    [['stray'], [], /stray: unexpected argument/],
    [['a', 'b'], ['FILE'], /b: unexpected argument/],
    [[], ['FILE'], /FILE: is missing/],
  ]
  for (const [args, operands, message] of mistakes) {
    t.throws(() => parseArguments(args, SPECS, operands), { name: 'UsageError', message }, args.join(' '))
  }
  t.throws(() => singleValue(parseArguments(['-c', 'a', '-c', 'b'], SPECS, []), 'config'), { message: /more than once/ })
})
