/**
 * What pages refer to exists: files and headings that they link to, paths and programs of this repository, scripts of package.json.
 */

import { existsSync, readFileSync } from 'node:fs'
import t from 'tap'
import { REPOSITORY } from '../support/kept-equal.ts'
import { MarkdownPage, markdownPages } from './markdown-page.ts'

/** Paths that stand for any such path. */
const EXAMPLES: readonly string[] = ['src/a/b.ts', 'test/a/b.test.ts']

const exists = (path: string) => existsSync(`${REPOSITORY}${path}`)

t.test('every page', async (t) => {
  const { scripts } = JSON.parse(readFileSync(`${REPOSITORY}package.json`, 'utf8')) as { scripts: Record<string, string> }
  const pages = markdownPages()
  const anchors = new Map(pages.map((page) => [page.path, page.anchors()]))
  t.ok(pages.length > 20, `${pages.length} pages`)
  for (const page of pages) {
    const links = page.links()
    t.same(
      links.filter(({ target, anchor }) => !exists(target) || (anchor !== '' && !anchors.get(target)?.has(anchor))),
      [],
      `${page.path}: ${links.length} links`,
    )
    const paths = [...page.paths(), ...page.programs()].filter((path) => !EXAMPLES.includes(path))
    t.same(
      paths.filter((path) => !exists(path)),
      [],
      `${page.path}: ${paths.length} paths`,
    )
    t.same(
      page.scripts().filter((script) => scripts[script] === undefined),
      [],
      `${page.path}: scripts`,
    )
  }
})

t.test('what is found on a page', async (t) => {
  const page = new MarkdownPage(
    'docs/page.md',
    [
      '# A `title`, and more',
      'See [this](other.md#part-2), [that](../README.md), [above](#a-title-and-more), [far](https://example.com/x.md).',
      'Code: `src/engine.ts`, `src/*.ts`, `npm run ok`.',
      '```sh',
      'node dist/src/cli.js # [no](link.md)',
      '# no heading',
      '```',
      '### `rules[].fault`, `kind: refuse`',
    ].join('\n'),
  )
  t.same(page.links(), [
    { target: 'docs/other.md', anchor: 'part-2' },
    { target: 'README.md', anchor: '' },
    { target: 'docs/page.md', anchor: 'a-title-and-more' },
  ])
  t.same([...page.anchors()], ['a-title-and-more', 'rulesfault-kind-refuse'])
  t.same(page.paths(), ['src/engine.ts'])
  t.same(page.scripts(), ['ok'])
  t.same(page.programs(), ['src/cli.ts'])
})
