/**
 * SourceFile: a TypeScript file as the architecture test sees it: its text, its code without comments and literals, its imports.
 *
 * A scanner, not a parser: it knows comments, strings, templates and (by what stands before them) regular expressions.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { REPOSITORY } from '../kept-equal.ts'

export interface Import {
  /** As written: `node:net`, `zod`, `../side.ts`. */
  readonly specifier: string
  /** The file's path from `src/` (or the repository for tests), for relative specifiers. */
  readonly target: string | undefined
  /** Erased by the compiler: `import type`, `export type`. */
  readonly typeOnly: boolean
  /** The names that are taken, as their file exports them; undefined: all of them (`* as`, a dynamic import). */
  readonly names: readonly string[] | undefined
}

export interface SourceFile {
  /** From the root that was read: `workers/layers/layer.ts`. */
  readonly path: string
  readonly text: string
  /** The text with comments blanked and literals emptied. */
  readonly code: string
  readonly imports: readonly Import[]
}

/** Every `.ts` file below `root` (relative to the repository), ordered by path. */
export function sourceFiles(root: string): SourceFile[] {
  return readdirSync(`${REPOSITORY}${root}`, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts') && !path.includes('fixtures') && !path.includes('node_modules'))
    .map((path) => path.replaceAll('\\', '/'))
    .sort()
    .map((path) => readSource(path, readFileSync(`${REPOSITORY}${root}/${path}`, 'utf8')))
}

export function readSource(path: string, text: string): SourceFile {
  return { path, text, code: codeOf(text), imports: importsOf(path, text) }
}

function importsOf(path: string, text: string): Import[] {
  const statement = /^(?:import|export)\s+(type\s+)?([\w*{][^'"=();]*?)\sfrom\s+'([^']+)'|^import\s+'([^']+)'|\bimport\('([^']+)'\)/gm
  return [...text.matchAll(statement)].map((found) => {
    const specifier = found[3] ?? found[4] ?? found[5] ?? ''
    const target = specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : undefined
    return { specifier, target, typeOnly: found[1] !== undefined, names: namesOf(found[2] ?? '*') }
  })
}

/** Of `{ a, type B as C }`: a, B. */
function namesOf(clause: string): string[] | undefined {
  if (clause.startsWith('*')) return undefined
  return [...clause.matchAll(/(?<!\bas\s+)\b(?!(?:type|as)\b)\w+/g)].map(([name]) => name)
}

/** What a `/` may follow when it begins a regular expression. */
const BEFORE_REGEXP = /(?:^|[(,=:[!&|?{};>]|\breturn|\bcase)\s*$/

function codeOf(text: string): string {
  let code = ''
  for (let at = 0; at < text.length; ) {
    const rest = text.slice(at, at + 2)
    if (rest === '//') at = endOf(text, '\n', at)
    else if (rest === '/*') {
      const end = endOf(text, '*/', at) + 2
      code += text.slice(at, end).replace(/[^\n]/g, ' ')
      at = end
    } else if (rest[0] === "'" || rest[0] === '"' || rest[0] === '`') {
      const end = literalEnd(text, at, rest[0])
      code += `${rest[0]}${text.slice(at, end).replace(/[^\n]/g, '')}${rest[0]}`
      at = end
    } else if (rest[0] === '/' && BEFORE_REGEXP.test(code.slice(-40))) {
      at = regexpEnd(text, at)
      code += '0'
    } else {
      code += text[at]
      at++
    }
  }
  return code
}

function endOf(text: string, mark: string, from: number): number {
  const found = text.indexOf(mark, from)
  return found < 0 ? text.length : found
}

function literalEnd(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === quote) return at + 1
    else if (quote === '`' && text[at] === '$' && text[at + 1] === '{') at = substitutionEnd(text, at + 2) - 1
  }
  return text.length
}

/** Offset behind the `}` that closes a template's substitution; literals inside it are skipped. */
function substitutionEnd(text: string, start: number): number {
  let depth = 1
  for (let at = start; at < text.length; at++) {
    const character = text[at] ?? ''
    if (character === "'" || character === '"' || character === '`') at = literalEnd(text, at, character) - 1
    else if (character === '{') depth++
    else if (character === '}' && --depth === 0) return at + 1
  }
  return text.length
}

function regexpEnd(text: string, start: number): number {
  let inClass = false
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at]
    if (character === '\\') at++
    else if (character === '[') inClass = true
    else if (character === ']') inClass = false
    else if (character === '/' && !inClass) return at + 1
  }
  return text.length
}
