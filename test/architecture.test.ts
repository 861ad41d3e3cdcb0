/**
 * The house rules, enforced (docs: CONTRIBUTING.md). Violations are sentences: `workers/layers/x.ts must not import node:net`.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { REPOSITORY } from './support/kept-equal.ts'
import {
  exportViolations,
  folderOf,
  formViolations,
  hasLogic,
  importCycles,
  importViolations,
  purityViolations,
  reachedFrom,
  type Tree,
  testedFiles,
} from './support/repository/house-rules.ts'
import { readSource, sourceFiles } from './support/repository/source-file.ts'

const sources = sourceFiles('src')
const tests = sourceFiles('test')
const others: readonly Tree[] = ['bench', 'perf-gates', 'loadtest'].map((root) => ({ root, files: sourceFiles(root) }))
const trees: readonly Tree[] = [{ root: 'src', files: sources }, { root: 'test', files: tests }, ...others]
const everything = trees.flatMap(({ files }) => files)

t.test('who may import whom', async (t) => {
  t.same(sources.flatMap(importViolations), [])
})

t.test('layers are pure', async (t) => {
  t.same(sources.flatMap(purityViolations), [])
})

t.test('no cycles', async (t) => {
  t.same(importCycles(sources), [])
})

t.test('no export that nobody imports', async (t) => {
  const spared = ['src/index.ts must', ...KEPT_FOR_OTHERS.map((name) => `must not have ${name}:`)]
  t.same(
    exportViolations(trees).filter((sentence) => !spared.some((part) => sentence.includes(part))),
    [],
  )
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

/** What only tests, benchmarks and the writers of documents use, and why it stands in the product all the same. */
const KEPT_FOR_OTHERS: readonly string[] = [
  // docs/errors.md, and the rules that all violations keep.
  'VIOLATION_TABLES',
]

/** Parts of a noun that are tested through it: by test, which must reach every one of them by its imports. */
const THROUGH: Readonly<Record<string, readonly string[]>> = {
  'aggregator/aggregator.test.ts': ['aggregator/flows/outgoing-record.ts'],
  'aggregator/aggregator-service.test.ts': ['aggregator/flows/worker-lost.ts'],
  'aggregator/main/aggregator-handle.test.ts': ['aggregator/main/subscription.ts'],
  'aggregator/sidecar/sidecar-server.test.ts': ['aggregator/sidecar/sidecar-stream.ts'],
  'aggregator/feed/feed-server.test.ts': ['aggregator/feed/feed-client.ts', 'aggregator/feed/frame-encoder.ts'],
  'aggregator/feed/feed-request.test.ts': ['aggregator/sinks/filter-names.ts'],
  'cli/doctor/judge-client.test.ts': ['cli/doctor/probe-rig.ts'],
  'cli/scenario/report-text.test.ts': ['cli/scenario/scenario-report.ts'],
  'cli/run-cli.test.ts': ['cli/arguments/help-text.ts', 'cli/engine/make-logger.ts'],
  'shared/options/parse-options.test.ts': [
    'shared/options/check-meaning.ts',
    'shared/options/problems/describe-issue.ts',
    'shared/options/problems/problem-report.ts',
  ],
  'shared/options/document/load-config-file.test.ts': [
    'shared/options/document/config-document.ts',
    'shared/options/document/read-text-file.ts',
  ],
  'shared/faults/profiles/load-profile.test.ts': ['shared/options/document/parse-document.ts'],
  'workers/faults/streams/block-mutator.test.ts': [
    'workers/faults/streams/block-editors.ts',
    'workers/faults/streams/event-interruption.ts',
    'workers/faults/streams/event-places.ts',
  ],
  'workers/faults/streams/stream-mutators.test.ts': ['workers/faults/streams/api-events.ts'],
  'workers/faults/streams/websocket-mutator.test.ts': ['workers/faults/streams/websocket-frames.ts'],
  'workers/fault-points/http-faults.test.ts': [
    'workers/faults/body-faults.ts',
    'workers/faults/body-mutators.ts',
    'workers/faults/exchange-faults.ts',
    'workers/faults/fault-response.ts',
    'workers/faults/faulted-body.ts',
  ],
  'workers/fault-points/tls-faults.test.ts': ['workers/fault-points/gated-record-layer.ts', 'workers/handshakes/gated-transport.ts'],
  'workers/stages/http-stack.test.ts': ['workers/stages/request-policy.ts'],
  'workers/stages/intercept.test.ts': ['workers/origin/open-origin.ts', 'workers/origin/unreachable-origin.ts'],
  'workers/layers/content-coding/decoder-chain.test.ts': ['workers/layers/content-coding/decoding-stage.ts'],
  'workers/layers/http1/http1-layer.test.ts': ['workers/layers/http1/message-output.ts', 'workers/layers/http1/message-reader.ts'],
  'workers/layers/http2/frames/frame-parser.test.ts': ['workers/layers/http2/head/field-name.ts'],
  'workers/layers/http2/http2-layer.test.ts': [
    'workers/layers/http2/head/block-writer.ts',
    'workers/layers/http2/altered-halves.ts',
    'workers/layers/http2/connection.ts',
    'workers/layers/http2/head/cookie-crumbs.ts',
    'workers/layers/http2/direction.ts',
    'workers/layers/http2/frame-relay.ts',
    'workers/layers/http2/head/head-rules.ts',
    'workers/layers/http2/head/header-list.ts',
    'workers/layers/http2/header-relay.ts',
    'workers/layers/http2/frames/synthesis.ts',
  ],
  'workers/layers/http2/hpack/hpack-decoder.test.ts': [
    'workers/layers/http2/hpack/huffman-code.ts',
    'workers/layers/http2/hpack/huffman-decoder.ts',
    'workers/layers/http2/hpack/static-table.ts',
  ],
  'workers/layers/grpc/grpc-observer.test.ts': [
    'workers/layers/grpc/base64-decoder.ts',
    'workers/layers/grpc/envelope-parser.ts',
    'workers/layers/grpc/grpc-direction.ts',
  ],
  'workers/layers/llm/llm-exchange.test.ts': ['workers/layers/llm/llm-request.ts'],
  'workers/layers/websocket/websocket-observer.test.ts': ['workers/layers/websocket/message-assembler.ts'],
  'workers/handshakes/tls-record-layer.test.ts': ['workers/tls/failure/handshake-outcome.ts'],
  'workers/tls/ca/ca-store.test.ts': ['workers/tls/ca/certificate-authority.ts'],
  'workers/tls/leaf/leaf-issuer.test.ts': [
    'workers/tls/x509/certificate-builder.ts',
    'workers/tls/x509/certificate-reader.ts',
    'workers/tls/leaf/leaf-names.ts',
  ],
  'workers/tls/records/record-tracker.test.ts': ['workers/tls/records/record-direction.ts'],
}

/**
 * The debt: files with logic that no test of their own, and none of their noun, stands for. What runs of them runs in tests of the
 * whole engine (`test/integration/`). The list may only shrink: a file that has got its test must leave it, and no new file may
 * enter it.
 */
const UNTESTED: readonly string[] = [
  'acceptor/acceptor.ts',
  'aggregator/aggregator-thread.ts',
  'cli/demo/demo-clients.ts',
  'cli/exec/run-child.ts',
  'engine-shards.ts',
  'engine.ts',
  'workers/stages/connect-stages.ts',
  'workers/stages/plain-stages.ts',
  'workers/shard.ts',
  'workers/handshakes/terminate.ts',
]

t.test('tests mirror sources', async (t) => {
  const tested = testedFiles(sources, tests)
  const excused = [...UNTESTED, ...Object.values(THROUGH).flat()]
  const untested = sources.filter((file) => hasLogic(file) && !tested.has(file.path) && !excused.includes(file.path))
  t.same(
    untested.map(({ path }) => `test/${path.replace(/\.ts$/, '.test.ts')} is missing`),
    [],
  )
  t.same(
    excused.filter((path) => tested.has(path) || !sources.some((file) => file.path === path)),
    [],
    'tested by now, or gone: to be struck off the lists',
  )
  for (const [path, parts] of Object.entries(THROUGH)) {
    const test = tests.find((file) => file.path === path)
    const reached = test === undefined ? new Set<string>() : reachedFrom(test, sources, tests)
    t.same(
      parts.filter((part) => !reached.has(part)),
      [],
      `test/${path} reaches its parts`,
    )
  }
  const misplaced = tests.filter(({ path }) => /^(acceptor|aggregator|cli|shared|workers)\//.test(path) && path.endsWith('.test.ts'))
  t.same(
    misplaced
      .filter(({ path }) => !existsSync(`${REPOSITORY}src/${folderOf(path)}`))
      .map(({ path }) => `test/${path} mirrors no folder of src`),
    [],
  )
})

t.test('decisions are numbered without a gap, and all in their index', async (t) => {
  const folder = `${REPOSITORY}docs/decisions/`
  const pages = readdirSync(folder).filter((name) => name !== 'README.md')
  const index = readFileSync(`${folder}README.md`, 'utf8')
  t.same(
    pages.sort().map((name) => Number(/^(\d{4})-[a-z0-9-]+\.md$/.exec(name)?.[1])),
    pages.map((_, n) => n + 1),
  )
  for (const name of pages) {
    const [title = ''] = readFileSync(`${folder}${name}`, 'utf8').split('\n')
    t.ok(title.startsWith(`# ${name.slice(0, 4)}: `), `${name} has its number in its title`)
    t.ok(index.includes(`](${name})`), `${name} is in the index`)
  }
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
  const rooms: readonly (readonly [path: string, target: string, allowed: boolean])[] = [
    ['shared/a.ts', 'workers/b.ts', false],
    ['acceptor/a.ts', 'shared/http/b.ts', true],
    ['acceptor/a.ts', 'workers/shard.ts', false],
    ['aggregator/a.ts', 'acceptor/b.ts', false],
    ['workers/a.ts', 'workers/tls/b.ts', true],
    ['workers/a.ts', 'workers/observers/b.ts', true],
    ['workers/tls/a.ts', 'workers/layers/b.ts', false],
    ['workers/tls/a.ts', 'workers/b.ts', false],
    ['workers/observers/a.ts', 'workers/layers/b.ts', true],
    ['workers/observers/a.ts', 'workers/tls/b.ts', false],
    ['workers/layers/a.ts', 'workers/observers/b.ts', false],
    ['workers/a.ts', 'engine.ts', false],
    ['engine-shards.ts', 'workers/b.ts', true],
    ['engine.ts', 'cli/b.ts', false],
    ['cli/a.ts', 'workers/session.ts', false],
    ['index.ts', 'workers/b.ts', false],
  ]
  for (const [path, target, allowed] of rooms) {
    const up = '../'.repeat(path.split('/').length - 1) || './'
    t.equal(importViolations(readSource(path, `import { b } from '${up}${target}'\n`)).length === 0, allowed, `${path} → ${target}`)
  }
  const exporter = readSource(
    'a.ts',
    'export const USED = 1\nexport class Dead {}\nexport const TESTED = 2\nexport function own() { own() }\n',
  )
  const importer = readSource('b.ts', "import { type A, USED as U } from './a.ts'\n")
  const tester = readSource('a.test.ts', "import { own, TESTED } from '../src/a.ts'\n")
  const exportTrees = [
    { root: 'src', files: [exporter, importer] },
    { root: 'test', files: [tester] },
  ]
  t.same(exportViolations(exportTrees), [
    'src/a.ts must not export Dead: no other file imports it',
    'src/a.ts must not have TESTED: only tests and benchmarks use it',
  ])
  const long = `export function a() {\n${'  if (b) c()\n'.repeat(60)}}\n`
  const parts = [
    readSource('x/tiny.ts', 'if (a) b()\n'),
    readSource('x/long.ts', long),
    readSource('x/part.ts', long),
    readSource('x/own.ts', long),
  ]
  const test = readSource('x/own.test.ts', "import { b } from '../../src/x/long.ts'\nimport { c } from '../support/s.ts'\n")
  const support = readSource('support/s.ts', "import { d } from '../../src/x/tiny.ts'\n")
  t.same([...testedFiles(parts, [test, support])], ['x/tiny.ts', 'x/own.ts'], 'importing a long file is no test of it')
  const joined = [readSource('x/long.ts', "import { p } from './part.ts'\n"), ...parts.filter(({ path }) => path !== 'x/long.ts')]
  t.same([...reachedFrom(test, joined, [test, support])].sort(), ['x/long.ts', 'x/part.ts', 'x/tiny.ts'])
  const cycle = [readSource('a.ts', "import { b } from './b.ts'\n"), readSource('b.ts', "import { a } from './a.ts'\n")]
  t.same(importCycles(cycle), ['a.ts → b.ts → a.ts'])
  t.equal(hasLogic(readSource('a.ts', 'export interface A { b(): void }\nexport const C = 5\n')), false)
  t.equal(hasLogic(readSource('a.ts', 'export function a() { if (b) c() }\n')), true)
})
