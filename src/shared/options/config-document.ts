/**
 * ConfigDocument: the text of a configuration (YAML 1.2, and so JSON) as plain data that remembers where each value stood.
 *
 * Refuses duplicate keys, unknown tags, several documents and alias bombs. No thread of its own.
 */

import { type Document, isAlias, isMap, isNode, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { CONFIG_ALIASES } from '../limits/configuration.ts'
import { ConfigError, type ConfigProblem, type OptionPath } from './config-error.ts'
import { foldKey } from './fold-keys.ts'

const SYNTAX_REMEDY = 'put the YAML or JSON right'

export class ConfigDocument {
  readonly file: string
  /** What the text says; an empty document says `{}`. */
  readonly value: unknown
  readonly #document: Document
  readonly #lines: LineCounter

  /** Throws a ConfigError with line and column for a text that is not one sound document. */
  constructor(text: string, file: string) {
    this.file = file
    this.#lines = new LineCounter()
    try {
      this.#document = parseDocument(text, { lineCounter: this.#lines, stringKeys: true, prettyErrors: false })
      this.#refuseSyntaxErrors()
      this.value = this.#document.toJS({ maxAliasCount: CONFIG_ALIASES }) ?? {}
    } catch (error) {
      if (error instanceof ConfigError) throw error
      // The yaml package recurses; a text nested thousands deep ends its stack. Its alias bound is a ReferenceError.
      if (error instanceof RangeError) throw this.#refusal('is nested too deeply')
      if (error instanceof ReferenceError) throw this.#refusal(`repeats anchored nodes more than ${CONFIG_ALIASES} times`)
      throw error
    }
  }

  /** `problem` with the line and column where its option stands, or the nearest enclosing one. */
  locate(problem: ConfigProblem): ConfigProblem {
    const offset = this.#offset(problem.path)
    return offset === undefined ? problem : { ...problem, ...this.#position(offset) }
  }

  #refuseSyntaxErrors(): void {
    const problems = [...this.#document.errors, ...this.#document.warnings].map((error): ConfigProblem => {
      const reason = error.code === 'DUPLICATE_KEY' ? 'a key is given twice in one map' : error.message
      return { path: [], reason, remedy: SYNTAX_REMEDY, ...this.#position(error.pos[0]) }
    })
    const [first, ...rest] = problems
    if (first !== undefined) throw new ConfigError([first, ...rest], this.file)
  }

  #refusal(reason: string): ConfigError {
    return new ConfigError([{ path: [], reason, remedy: SYNTAX_REMEDY }], this.file)
  }

  #position(offset: number): { line: number; column: number } {
    const { line, col } = this.#lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }

  #offset(path: OptionPath): number | undefined {
    let node = this.#resolve(this.#document.contents)
    let offset = node?.range?.[0]
    for (const step of path) {
      if (isSeq(node)) {
        node = this.#resolve(node.items[Number(step)])
      } else if (isMap(node)) {
        const pair = node.items.find(({ key }) => isScalar(key) && foldKey(String(key.value)) === foldKey(String(step)))
        if (pair === undefined) return offset
        // The key is what an editor should jump to: a wrong value may be empty.
        offset = isNode(pair.key) ? pair.key.range?.[0] : offset
        node = this.#resolve(pair.value)
        continue
      } else {
        // A single value stands where a list may: `host: x` for `host: [x]`.
        return offset
      }
      offset = node?.range?.[0] ?? offset
    }
    return offset
  }

  #resolve(node: unknown): Node | undefined {
    if (isAlias(node)) return node.resolve(this.#document)
    return isNode(node) ? node : undefined
  }
}
