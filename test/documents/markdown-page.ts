/**
 * MarkdownPage: what a Markdown file of the repository refers to, by regular expressions: its links, the headings that others may
 * link to, the paths and the commands of this repository that it names.
 */

import { readdirSync, readFileSync } from 'node:fs'
import { posix } from 'node:path'
import { REPOSITORY } from '../support/kept-equal.ts'

/** Where pages are written for people; fixtures are others' and generated reports stand in these folders as well. */
const FOLDERS = ['', 'docs/', 'docs/decisions/', 'bench/', 'adapters/mitmproxy/']

export class MarkdownPage {
  /** From the repository's root. */
  readonly path: string
  readonly #text: string
  readonly #prose: string

  constructor(path: string, text: string) {
    this.path = path
    this.#text = text
    this.#prose = text.replaceAll(/^```.*?^```/gms, '')
  }

  /** Relative links: the file from the repository's root, and the anchor, empty where there is none. */
  links(): { readonly target: string; readonly anchor: string }[] {
    const links = [...this.#prose.matchAll(/\]\((?!https?:|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)/g)]
    return links.map(([, file = '', anchor = '']) => ({
      target: file === '' ? this.path : posix.join(posix.dirname(this.path), file),
      anchor,
    }))
  }

  /** The anchors of its headings, as GitHub makes them. */
  anchors(): Set<string> {
    const headings = [...this.#prose.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
    return new Set(
      headings.map((heading) =>
        heading
          .trim()
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N}\- _]/gu, '')
          .replaceAll(' ', '-'),
      ),
    )
  }

  /** Paths of this repository in code spans, without those that stand for many (`*`). */
  paths(): string[] {
    const roots = 'src|test|docs|bench|perf-gates|loadtest|profiles|adapters|\\.ci'
    return [...this.#prose.matchAll(new RegExp(`\`((?:${roots})/[\\w./-]+)\``, 'g'))].map(([, path = '']) => path)
  }

  /** Its YAML blocks. */
  yaml(): string[] {
    return [...this.#text.matchAll(/^```yaml\n(.*?)^```/gms)].map(([, block = '']) => block)
  }

  /** The faults that it gives on a command line, without the word that stands for any. */
  faultTexts(): string[] {
    const texts = [...this.#text.matchAll(/--fault (?:'([^'\n]+)'|([\w-][^\s`']*))/g)]
    return texts.map(([, quoted, bare = '']) => quoted ?? bare).filter((text) => text !== 'FAULT')
  }

  /** Scripts of package.json that it runs. */
  scripts(): string[] {
    return [...this.#text.matchAll(/\bnpm run (?:-s )?([a-z][a-z0-9:]*)/g)].map(([, script = '']) => script)
  }

  /** Compiled programs that it runs, as the sources that they are compiled from. */
  programs(): string[] {
    return [...this.#text.matchAll(/\bdist\/([\w./-]+)\.js\b/g)].map(([, path]) => `${path}.ts`)
  }
}

/** All pages written for people. */
export function markdownPages(): MarkdownPage[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(`${REPOSITORY}${folder}`)
      .filter((name) => name.endsWith('.md'))
      .map((name) => new MarkdownPage(`${folder}${name}`, readFileSync(`${REPOSITORY}${folder}${name}`, 'utf8'))),
  )
}
