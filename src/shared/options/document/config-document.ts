/**
 * ConfigDocument: the text of a configuration (YAML 1.2 or JSON) as plain data that remembers where each value stood.
 *
 * Refuses duplicate keys, unknown tags, several documents and alias bombs. The yaml package knows the place of everything and takes
 * seconds for a long text: so JSON is read by `JSON.parse`, plain YAML by `plain-yaml.ts`, and the package is asked where these two
 * do not reach, and where something is wrong. No thread of its own.
 */

import { type Document, isAlias, isMap, isNode, isScalar, isSeq, type Node, parseDocument, visit } from 'yaml'
import { CONFIG_ALIASES } from '../../limits/configuration.ts'
import { foldKey } from '../fold-keys.ts'
import { ConfigError, type ConfigProblem, type ConfigProblems, type OptionPath } from '../problems/config-error.ts'
import { duplicateKeyOffset, pathOffset } from './json-positions.ts'
import { readPlainYaml } from './plain-yaml.ts'

const SYNTAX_REMEDY = 'put the YAML or JSON right'
const DUPLICATE = 'a key is given twice in one map'
const TOO_DEEP = 'is nested too deeply'
const QUOTE = 'put it in quotes'
/** `host: *.example.com`: nobody means an alias by it. */
const ALIAS = 'begins with *, by which YAML refers to an anchor'

/** Where the yaml package speaks to programmers, or of YAML to those who write JSON. */
const WORDS: Readonly<Record<string, readonly [reason: string, remedy: string]>> = {
  DUPLICATE_KEY: [DUPLICATE, 'keep one of the two'],
  MULTIPLE_DOCS: ['a second document begins', 'keep one document in the file'],
  TAB_AS_INDENT: ['a tab indents the line', 'indent with spaces'],
  MULTILINE_IMPLICIT_KEY: ['a key goes over more than one line, as where a comma, a colon or a quote is missing', SYNTAX_REMEDY],
  BLOCK_IN_FLOW: ['a comma or a closing bracket is missing before this', SYNTAX_REMEDY],
  BAD_ALIAS: [`a value ${ALIAS}`, QUOTE],
  BAD_SCALAR_START: ['a value begins with a character that YAML keeps for itself', QUOTE],
  RESOURCE_EXHAUSTION: [TOO_DEEP, SYNTAX_REMEDY],
}

export class ConfigDocument {
  readonly file: string
  /** What the text says; an empty document says `{}`. */
  readonly value: unknown
  readonly #text: string
  readonly #isJson: boolean
  /** With the places of everything: made for those texts only that need it. */
  #document: Document | undefined

  /** Throws a ConfigError with line and column for a text that is not one sound document. */
  constructor(text: string, file: string) {
    this.file = file
    this.#text = text
    const json = parseJson(text)
    this.#isJson = json !== undefined
    if (json === undefined) {
      this.value = readPlainYaml(text) ?? this.#plainValue(this.#parsed())
    } else {
      this.value = json
      const duplicate = duplicateKeyOffset(text, json)
      if (duplicate !== undefined) throw this.#refusal(DUPLICATE, duplicate, 'keep one of the two')
    }
  }

  /**
   * `problems` in the order of the text, each with the line and column where its option stands, or the nearest enclosing one. Those
   * that are not of this file, and those about the whole beside others, stay without and come last.
   */
  locate(problems: ConfigProblems, isOfFile: (problem: ConfigProblem) => boolean = () => true): ConfigProblems {
    const hasPlace = (problem: ConfigProblem): boolean => isOfFile(problem) && (problem.path.length > 0 || problems.length === 1)
    const placed = problems.map((problem) => (hasPlace(problem) ? this.#locate(problem) : problem))
    const [first = problems[0], ...rest] = placed.sort(inOrderOfText)
    return [first, ...rest]
  }

  #locate(problem: ConfigProblem): ConfigProblem {
    const offset = this.#isJson ? pathOffset(this.#text, problem.path) : this.#nodeOffset(this.#parsed(), problem.path)
    return { ...problem, ...this.#position(offset ?? Math.max(0, this.#text.search(/\S/))) }
  }

  #parsed(): Document {
    this.#document ??= this.#parseYaml()
    return this.#document
  }

  #parseYaml(): Document {
    const document = this.#bounded(() => parseDocument(this.#text, { stringKeys: true, merge: true, prettyErrors: false }))
    const problems = [...document.errors, ...document.warnings].map((error): ConfigProblem => {
      const [reason, remedy] = WORDS[error.code] ?? [error.message, SYNTAX_REMEDY]
      return { path: [], reason, remedy, ...this.#position(error.pos[0]) }
    })
    const [first, ...rest] = problems
    if (first !== undefined) throw new ConfigError([first, ...rest], this.file)
    return document
  }

  #plainValue(document: Document): unknown {
    const alias = danglingAlias(document)
    if (alias !== undefined) throw this.#refusal(`"*${alias.name}" ${ALIAS}, and there is none`, alias.offset, QUOTE)
    return this.#bounded(() => document.toJS({ maxAliasCount: CONFIG_ALIASES }) as unknown) ?? {}
  }

  /** The yaml package recurses: a text nested thousands deep ends its stack. Its bound on aliases is a ReferenceError. */
  #bounded<T>(work: () => T): T {
    try {
      return work()
    } catch (error) {
      if (error instanceof RangeError) throw this.#refusal(TOO_DEEP, 0)
      if (error instanceof ReferenceError) throw this.#refusal(`repeats anchored nodes more than ${CONFIG_ALIASES} times`, 0)
      throw error
    }
  }

  #refusal(reason: string, offset: number, remedy = SYNTAX_REMEDY): ConfigError {
    return new ConfigError([{ path: [], reason, remedy, ...this.#position(offset) }], this.file)
  }

  #position(offset: number): { line: number; column: number } {
    let line = 1
    let start = 0
    for (let end = this.#text.indexOf('\n'); end >= 0 && end < offset; end = this.#text.indexOf('\n', start)) {
      line++
      start = end + 1
    }
    return { line, column: offset - start + 1 }
  }

  #nodeOffset(document: Document, path: OptionPath): number | undefined {
    let node = resolve(document, document.contents)
    let offset = node?.range?.[0]
    for (const step of path) {
      if (isSeq(node)) {
        node = resolve(document, node.items[Number(step)])
      } else if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && foldKey(String(key.value)) === foldKey(String(step)))
        if (pair === undefined) return offset
        // The key is what an editor should jump to: a wrong value may be empty.
        offset = isNode(pair.key) ? pair.key.range?.[0] : offset
        node = resolve(document, pair.value)
        continue
      } else {
        // A single value stands where a list may: `host: x` for `host: [x]`.
        return offset
      }
      offset = node?.range?.[0] ?? offset
    }
    return offset
  }
}

function inOrderOfText(a: ConfigProblem, b: ConfigProblem): number {
  if (a.line === undefined || b.line === undefined) return Number(a.line === undefined) - Number(b.line === undefined)
  return a.line - b.line || (a.column ?? 0) - (b.column ?? 0)
}

/** The first alias without an anchor before it. */
function danglingAlias(document: Document): { readonly name: string; readonly offset: number } | undefined {
  let found: { name: string; offset: number } | undefined
  const anchors = new Set<string>()
  visit(document, {
    Value: (_key, { anchor }) => {
      if (anchor !== undefined) anchors.add(anchor)
    },
    Alias: (_key, { source: name, range }) => {
      if (anchors.has(name)) return undefined
      found = { name, offset: range?.[0] ?? 0 }
      return visit.BREAK
    },
  })
  return found
}

function resolve(document: Document, node: unknown): Node | undefined {
  if (isAlias(node)) return node.resolve(document)
  return isNode(node) ? node : undefined
}

/** Undefined for what is not JSON: YAML, then, or neither, which the YAML parser words better. */
function parseJson(text: string): unknown {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
