/**
 * The house rules as data and predicates: who may import whom, what a pure file may name, how a file begins. Each violation is a
 * sentence. `test/architecture.test.ts` applies them to the repository; the rules themselves are tested there on made-up files.
 */

import { posix } from 'node:path'
import type { SourceFile } from './source-file.ts'

interface Room {
  /** Path prefix of its files; the longest that fits counts. */
  readonly path: string
  /** Path prefixes of what its files may import. */
  readonly mayImport: readonly string[]
}

/**
 * Rooms of `src/` (docs: CONTRIBUTING.md). Folders below a room belong to it unless they are named themselves.
 *
 *     shared/        imports no room
 *     acceptor/      knows of the workers the URL of their entry only
 *     aggregator/    sees `shared/` only
 *     workers/       its top, `stages/`, `handshakes/`, `origin/` and `fault-points/` join `tls/`, `layers/`, `observers/` and
 *                    `faults/`, which do not know one another, save that observers and faults know the layers' types
 *     loader/        sees `shared/` only
 *     engine*        joins the rooms; nothing but `cli/` and the public door imports it
 */
const ROOMS: readonly Room[] = [
  { path: 'shared/', mayImport: ['shared/'] },
  { path: 'acceptor/', mayImport: ['acceptor/', 'shared/'] },
  { path: 'aggregator/', mayImport: ['aggregator/', 'shared/'] },
  { path: 'workers/', mayImport: ['workers/', 'shared/'] },
  { path: 'workers/tls/', mayImport: ['workers/tls/', 'shared/'] },
  { path: 'workers/layers/', mayImport: ['workers/layers/', 'shared/'] },
  { path: 'workers/observers/', mayImport: ['workers/observers/', 'workers/layers/', 'shared/'] },
  { path: 'workers/faults/', mayImport: ['workers/faults/', 'workers/layers/', 'shared/'] },
  // The CA's own commands open the CA store without an engine; the demo and `start` reach the engine by its door. `doctor` looks at
  // what the acceptor will find on this machine.
  {
    path: 'cli/',
    mayImport: ['cli/', 'shared/', 'workers/tls/', 'engine.ts', 'engine-types.ts', 'acceptor/descriptor.ts', 'acceptor/session-cap.ts'],
  },
  { path: 'cli.ts', mayImport: ['cli/'] },
  { path: 'loader/', mayImport: ['loader/', 'shared/'] },
  { path: 'engine', mayImport: ['engine', 'loader/', 'acceptor/', 'aggregator/', 'workers/', 'shared/'] },
  { path: 'index.ts', mayImport: ['engine', 'shared/'] },
]

/** What a layer may import besides files: functions of octets only. Inflating needs zlib, msgpack values need their decoder. */
const PURE_PACKAGES: readonly string[] = ['node:zlib', 'node:buffer', '@msgpack/msgpack']

const IMPURE_NAMES =
  /(?<![.\w])(?:process|performance|setTimeout|setInterval|setImmediate|queueMicrotask|fetch)\b|\bDate\.now\b|\bnew Date\b|\bMath\.random\b/g

const MAX_LINES = 400

export function importViolations(file: SourceFile): string[] {
  const room = ROOMS.filter(({ path }) => file.path.startsWith(path)).sort((a, b) => b.path.length - a.path.length)[0]
  if (room === undefined) return [`${file.path} stands in no known room`]
  const violations: string[] = []
  for (const { specifier, target, typeOnly } of file.imports) {
    const allowed =
      target === undefined
        ? !isLayer(file) || typeOnly || PURE_PACKAGES.includes(specifier)
        : room.mayImport.some((prefix) => target.startsWith(prefix))
    if (!allowed) violations.push(`${file.path} must not import ${target ?? specifier}`)
  }
  return violations
}

export function purityViolations(file: SourceFile): string[] {
  if (!isLayer(file)) return []
  return [...new Set([...file.code.matchAll(IMPURE_NAMES)].map(([name]) => name))].map(
    (name) => `${file.path} must not use ${name}: layers are pure`,
  )
}

/** Form rules for every TypeScript file of the repository. */
export function formViolations(file: SourceFile): string[] {
  const violations: string[] = []
  const say = (what: string) => violations.push(`${file.path} ${what}`)
  if (!/^(#![^\n]*\n)?\/\*\*[ \n]/.test(file.text)) say('must open with its plaque (what it is, what it is not, which thread)')
  const lines = file.text.split('\n').length - 1
  if (lines > MAX_LINES) say(`must not have more than ${MAX_LINES} lines (it has ${lines})`)
  const name = file.path.slice(file.path.lastIndexOf('/') + 1)
  if (!/^[a-z0-9]+(-[a-z0-9]+)*(\.(test|bench|stress|fuzz))?\.ts$/.test(name)) say('must have a kebab-case name')
  if (/(?:[:<|,]|\bas)\s*any\b(?!\s*[(:])/.test(file.code)) say('must not use any')
  if (/[\w\])]!(?=[.;,)\]\s])(?!\s*=)/.test(file.code)) say('must not assert with !')
  if (/^\s*(export\s+)?(const\s+|declare\s+)?enum\s/m.test(file.code)) say('must not declare an enum')
  if (/\b(TODO|FIXME|XXX)\b/.test(file.text.replace(/'[^'\n]*'|\/[^/\n]*\//g, ''))) say('must not leave work for later (TODO)')
  for (const { specifier } of file.imports)
    if (specifier.startsWith('.') && !specifier.endsWith('.ts')) say(`must import ${specifier} with its .ts ending`)
  return violations
}

/** Cycles of imports, each as `a → b → a`; of types alone as well, for none of such files can be read first. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(files.map((file) => [file.path, file.imports.flatMap(({ target }) => target ?? [])]))
  const done = new Set<string>()
  const cycles: string[] = []
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path)
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' → '))
    if (start >= 0 || done.has(path)) return
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path])
    done.add(path)
  }
  for (const path of edges.keys()) visit(path, [])
  return cycles
}

/** A folder's files, with the folder: paths of files and of imports are relative to it. */
export interface Tree {
  readonly root: string
  readonly files: readonly SourceFile[]
}

/**
 * Exports that no other file imports. Types are left out: those of a function's parameters stand beside it for whoever has to
 * name them. A value of `src/` must be used by the product, in its own file at least: tests alone keep nothing alive.
 */
export function exportViolations(trees: readonly Tree[]): string[] {
  const taken = new Map<string, Set<string>>()
  for (const { root, files } of trees) {
    for (const { target, names } of files.flatMap(({ imports }) => imports)) {
      if (target === undefined) continue
      const path = posix.join(root, target)
      const by = `${root === 'src' ? 'src' : 'elsewhere'}:`
      for (const name of names ?? ['*']) taken.set(path, (taken.get(path) ?? new Set()).add(`${by}${name}`))
    }
  }
  return trees.flatMap(({ root, files }) =>
    files.flatMap(({ path, code }) => {
      const by = taken.get(posix.join(root, path)) ?? new Set()
      const isTaken = (name: string, from: string) => by.has(`${from}:${name}`) || by.has(`${from}:*`)
      return [...code.matchAll(EXPORTED_VALUE)].flatMap(([, name = '']) => {
        if (isTaken(name, 'src')) return []
        if (!isTaken(name, 'elsewhere')) return [`${root}/${path} must not export ${name}: no other file imports it`]
        const isUsed = root !== 'src' || [...code.matchAll(new RegExp(`\\b${name}\\b`, 'g'))].length > 1
        return isUsed ? [] : [`${root}/${path} must not have ${name}: only tests and benchmarks use it`]
      })
    }),
  )
}

const EXPORTED_VALUE = /^export (?:async )?(?:abstract )?(?:function\*?|const|let|class) (\w+)/gm

/** Whether a file holds logic: something branches, repeats or recovers in it. */
export function hasLogic(file: SourceFile): boolean {
  return /\b(if|for|while|switch|catch)\s*[({]/.test(file.code)
}

/** Lines up to which a file needs no test of its own where some test imports it. */
const TINY_LINES = 60

/**
 * Sources that a test stands for: those with their mirror (`src/a/b.ts`: `test/a/b.test.ts`), and tiny ones that a test imports by
 * itself.
 */
export function testedFiles(sources: readonly SourceFile[], tests: readonly SourceFile[]): Set<string> {
  const mirrored = new Set(tests.map(({ path }) => path.replace(/\.(test|stress|fuzz)\.ts$/, '.ts')))
  const imported = new Set(tests.flatMap(importedSources))
  const isTiny = ({ text }: SourceFile): boolean => text.split('\n').length - 1 <= TINY_LINES
  return new Set(sources.filter((file) => mirrored.has(file.path) || (isTiny(file) && imported.has(file.path))).map(({ path }) => path))
}

/** Sources that `test` runs code of: what it imports, by way of `test/support` too, and what that imports. */
export function reachedFrom(test: SourceFile, sources: readonly SourceFile[], tests: readonly SourceFile[]): Set<string> {
  const bySource = new Map(sources.map((file) => [file.path, file]))
  const byTest = new Map(tests.map((file) => [file.path, file]))
  const reached = new Set<string>()
  const waiting = [test]
  const seen = new Set<SourceFile>()
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue
    seen.add(file)
    const isSource = bySource.get(file.path) === file
    const targets = isSource ? file.imports.flatMap(({ target }) => target ?? []) : importedSources(file)
    for (const target of targets) reached.add(target)
    waiting.push(...targets.flatMap((path) => bySource.get(path) ?? []))
    if (!isSource) waiting.push(...file.imports.flatMap(({ target }) => byTest.get(target ?? '') ?? []))
  }
  return reached
}

/** The sources that a file of `test/` names itself. */
function importedSources({ imports }: SourceFile): string[] {
  return imports.flatMap(({ target }) => (target?.startsWith('../src/') ? target.slice('../src/'.length) : []))
}

export function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/') + 1)
}

function isLayer(file: SourceFile): boolean {
  return file.path.startsWith('workers/layers/')
}
