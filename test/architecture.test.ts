/**
 * The house rules, enforced (docs: CONTRIBUTING.md). Violations are sentences: `workers/layers/x.ts must not import node:net`.
 */

import { existsSync, readFileSync } from 'node:fs'
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

/** npm writes no entry for a package that the registry at hand does not have, and then refuses to install from the lock file it wrote. */
t.test('the lock file has every package that it names', async (t) => {
  const { packages } = JSON.parse(readFileSync(`${REPOSITORY}package-lock.json`, 'utf8')) as {
    packages: Record<string, { readonly optionalDependencies?: Record<string, string> }>
  }
  const named = Object.values(packages).flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
  t.same(
    named.filter((name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`))),
    [],
  )
})

t.test('no machine paths', async (t) => {
  const named = everything.filter(({ text }) => /['"`](\/work\/|\/home\/(?!u\/)|\/Users\/)/.test(text))
  t.same(
    named.map(({ path }) => `${path} must not name a path of one machine`),
    [],
  )
})

/**
 * The debt: files with logic that no test of their own, and no neighbour's, stands for. What runs of them runs in tests of the whole.
 * The list may only shrink: a file that has got its test must leave it, and no new file may enter it.
 */
const UNTESTED: readonly string[] = [
  'acceptor/acceptor.ts',
  'acceptor/admission.ts',
  'acceptor/descriptor.ts',
  'acceptor/gentle-close.ts',
  'acceptor/intake.ts',
  'acceptor/session-cap.ts',
  'acceptor/shard-gateway.ts',
  'acceptor/shard-pool.ts',
  'acceptor/shard-selector.ts',
  'aggregator/admin/admin-address.ts',
  'aggregator/admin/admin-server.ts',
  'aggregator/admin/host-guard.ts',
  'aggregator/aggregator-handle.ts',
  'aggregator/aggregator-service.ts',
  'aggregator/aggregator-thread.ts',
  'aggregator/duty-cycle.ts',
  'aggregator/metrics/counter-grid.ts',
  'aggregator/metrics/event-metrics.ts',
  'aggregator/metrics/histogram-grid.ts',
  'aggregator/metrics/metric-registry.ts',
  'aggregator/metrics/top-hosts.ts',
  'aggregator/sinks/event-filter.ts',
  'aggregator/sinks/line-file.ts',
  'aggregator/sinks/line-queue.ts',
  'aggregator/sinks/ndjson-sink.ts',
  'aggregator/sinks/sink-set.ts',
  'aggregator/sinks/subscription-sink.ts',
  'aggregator/subscription.ts',
  'engine-shards.ts',
  'engine.ts',
  'shared/assert.ts',
  'shared/events/json-schema.ts',
  'shared/socket-handle.ts',
  'shared/version.ts',
  'workers/connect-stages.ts',
  'workers/dial.ts',
  'workers/intercept.ts',
  '../src/shared/http/field-section.ts',
  'workers/observers/http-observer.ts',
  'workers/peek.ts',
  'workers/plain-router.ts',
  'workers/plain-stages.ts',
  'workers/relay.ts',
  'workers/session.ts',
  'workers/shard.ts',
  'workers/switched-origin.ts',
  'workers/terminate.ts',
  'workers/tls/ca-import.ts',
  'workers/tls/ca-store.ts',
  'workers/tls/origin-contexts.ts',
  'workers/tls/record-direction.ts',
  'workers/tls/record-tracker.ts',
  'workers/tls/server-hello.ts',
  'workers/tls/trust-anchors.ts',
]

t.test('tests mirror sources', async (t) => {
  const tested = testedFiles(sources, tests)
  const untested = sources.filter((file) => hasLogic(file) && !tested.has(file.path) && !UNTESTED.includes(file.path))
  t.same(
    untested.map(({ path }) => `test/${path.replace(/\.ts$/, '.test.ts')} is missing`),
    [],
  )
  t.same(
    UNTESTED.filter((path) => tested.has(path)),
    [],
    'tested by now: to be struck off the list',
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
