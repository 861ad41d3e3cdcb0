/**
 * The house rules, enforced (docs: CONTRIBUTING.md). Violations are sentences: `workers/layers/x.ts must not import node:net`.
 */

import { existsSync } from 'node:fs'
import t from 'tap'
import { folderOf, formViolations, hasLogic, importCycles, importViolations, purityViolations, testedFiles } from './support/house-rules.ts'
import { REPOSITORY } from './support/kept-equal.ts'
import { readSource, sourceFiles } from './support/source-file.ts'

const sources = sourceFiles('src')
const tests = sourceFiles('test')
const others = ['bench', 'perf-gates', 'loadtest'].filter((root) => existsSync(`${REPOSITORY}${root}`)).flatMap(sourceFiles)
const everything = [...sources, ...tests, ...others]

t.test('who may import whom', async (t) => {
  t.same(sources.flatMap(importViolations), [])
})

t.test('layers are pure', async (t) => {
  t.same(sources.flatMap(purityViolations), [])
})

t.test('no cycles', async (t) => {
  t.same(importCycles(sources), [])
})

t.test('form', async (t) => {
  t.same(everything.flatMap(formViolations), [])
})

t.test('no machine paths', async (t) => {
  const named = everything.filter(({ text }) => /['"`](\/work\/|\/home\/(?!u\/)|\/Users\/)/.test(text))
  t.same(
    named.map(({ path }) => `${path} must not name a path of one machine`),
    [],
  )
})

/** Entries of threads: started by their URL, so no import shows which test runs them (`aggregator/aggregator-handle.test.ts`). */
const THREAD_ENTRIES: ReadonlySet<string> = new Set(['aggregator/aggregator-thread.ts'])

t.test('tests mirror sources', async (t) => {
  const tested = testedFiles(sources, tests)
  const untested = sources.filter((file) => hasLogic(file) && !tested.has(file.path) && !THREAD_ENTRIES.has(file.path))
  t.same(
    untested.map(({ path }) => `test/${path.replace(/\.ts$/, '.test.ts')} is missing`),
    [],
  )
  const misplaced = tests.filter(({ path }) => /^(acceptor|aggregator|cli|shared|workers)\//.test(path) && path.endsWith('.test.ts'))
  t.same(
    misplaced
      .filter(({ path }) => !existsSync(`${REPOSITORY}src/${folderOf(path)}`))
      .map(({ path }) => `test/${path} mirrors no folder of src`),
    [],
  )
})

t.test('the rules themselves', async (t) => {
  const broken = readSource(
    'workers/layers/x/bad_name.ts',
    [
      "import { connect } from 'node:net'",
      "import type { A } from '../../tls/a.ts'",
      "import { b } from '../b'",
      `const x: any = y!.z // ${'TO'}${'DO'}`,
      'enum E {}',
      'process.exit(Date.now())',
      '',
    ].join('\n'),
  )
  t.same(importViolations(broken), [
    'workers/layers/x/bad_name.ts must not import node:net',
    'workers/layers/x/bad_name.ts must not import workers/tls/a.ts',
  ])
  t.same(purityViolations(broken), [
    'workers/layers/x/bad_name.ts must not use process: layers are pure',
    'workers/layers/x/bad_name.ts must not use Date.now: layers are pure',
  ])
  t.same(
    formViolations(broken).map((sentence) => sentence.slice('workers/layers/x/bad_name.ts must '.length).split(' ').slice(0, 3).join(' ')),
    ['open with its', 'have a kebab-case', 'not use any', 'not assert with', 'not declare an', 'not leave work', 'import ../b with'],
  )
  const sound = readSource(
    'workers/layers/x/good.ts',
    [
      '/**',
      " * Sound: words like any, process and enum in comments, and '!' in strings.",
      ' */',
      "import { inflate } from 'node:zlib'",
      "export const a = /'\"any!.x`/.test('process: any') && inflate",
      'export const b = `any!. ' + '$' + '{c("`}")} as any`',
      '',
    ].join('\n'),
  )
  t.same([...importViolations(sound), ...purityViolations(sound), ...formViolations(sound)], [])
  const cycle = [readSource('a.ts', "import { b } from './b.ts'\n"), readSource('b.ts', "import { a } from './a.ts'\n")]
  t.same(importCycles(cycle), ['a.ts → b.ts → a.ts'])
  t.equal(hasLogic(readSource('a.ts', 'export interface A { b(): void }\nexport const C = 5\n')), false)
  t.equal(hasLogic(readSource('a.ts', 'export function a() { if (b) c() }\n')), true)
})
