/**
 * configurationDocument: docs/configuration.md, written from the schema: a table per map of options.
 */

import { alternativesOf, configJsonSchema, expectation, type SchemaNode } from '../../src/shared/options/json-schema.ts'
import { optionsSchema } from '../../src/shared/options/schema.ts'
import { markdownTable } from './markdown-table.ts'

const INTRODUCTION = `# Configuration

<!-- Written from src/shared/options/schema.ts by \`SOTH_WRITE_DOCS=1 npm test\`; a test keeps the two equal. -->

One YAML or JSON file, given with \`--config FILE\`; flags override it. From JavaScript the same options go to \`createEngine({ … })\`,
where keys may also be camelCase. \`soth-mitm check FILE\` says what is wrong with a file, with line, path and reason. A file is taken
whole or not at all: on SIGHUP a bad file, or one that is empty, is reported and the running configuration stays. Relative paths are relative to the
working directory; \`~\` is the home directory. The same as JSON Schema, for editors: \`docs/config.schema.json\`.
Very long rule lists load faster from JSON (100,000 rules: under 1 s; as YAML 6 s).

\`\`\`yaml
listen: 127.0.0.1:8080
ignore_hosts: [.bank.example] # always tunnelled, never opened
rules: # in order; the first that matches and has an action decides
  - match: { host: "*.dev.example" } # no action: carries options to whatever decides
    verify_upstream: false
  - match: { host: [ads.example, .tracker.example] }
    action: block
  - match: { host: 10.0.0.0/8, port: 443 }
    action: tunnel
\`\`\`

Options carried by several rules: for each option, the first rule in order that names it sets it.
`

export function configurationDocument(): string {
  const sections: string[] = [INTRODUCTION]
  addSection('Options', configJsonSchema(), optionsSchema.parse({}), sections)
  return `${sections.join('\n')}`
}

function addSection(title: string, node: SchemaNode, defaults: unknown, sections: string[]): void {
  const rows: [string, string, string][] = [['option', 'default', 'meaning']]
  const below: (() => void)[] = []
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const path = title === 'Options' ? key : `${title}.${key}`
    const fallback = defaultOf(defaults, key) ?? child.default
    const nested = child.properties === undefined ? child.items : child
    rows.push([`\`${key}\``, shownDefault(child, fallback), shownMeaning(child)])
    if (nested?.properties !== undefined) {
      below.push(() => addSection(child.properties === undefined ? `${path}[]` : path, nested, fallback, sections))
    }
    const alternatives = alternativesOf(child)
    if (alternatives.length > 0) below.push(() => addAlternatives(path, alternatives, sections))
  }
  sections.push(`## ${title === 'Options' ? title : `\`${title}\``}\n\n${markdownTable(rows)}\n`)
  for (const add of below) add()
}

/** What all kinds have in one table, then what each has of its own. A kind says by the description of `kind` what it is. */
function addAlternatives(path: string, kinds: readonly SchemaNode[], sections: string[]): void {
  const named = kinds.filter(({ properties }) => properties?.['kind']?.const !== undefined)
  const [first] = named
  const isShared = (key: string): boolean => named.every(({ properties }) => properties?.[key] !== undefined)
  const shared = Object.entries(first?.properties ?? {}).filter(([key]) => key !== 'kind' && isShared(key))
  addSection(path, { properties: Object.fromEntries(shared) }, undefined, sections)
  for (const { properties } of kinds) {
    const kind = properties?.['kind']
    const own = Object.entries(properties ?? {}).filter(([key]) => key !== 'kind' && !isShared(key))
    const title = kind?.const === undefined ? 'without a `kind`' : `\`kind: ${kind.const}\``
    const doc = kind?.description === undefined ? '' : `\n\n${kind.description.charAt(0).toUpperCase()}${kind.description.slice(1)}.`
    const rows = own.map(([key, child]): [string, string, string] => [
      `\`${key}\``,
      shownDefault(child, child.default),
      shownMeaning(child),
    ])
    sections.push(
      `### \`${path}\`, ${title}${doc}\n${rows.length === 0 ? '' : `\n${markdownTable([['option', 'default', 'meaning'], ...rows])}\n`}`,
    )
  }
}

function defaultOf(defaults: unknown, key: string): unknown {
  return typeof defaults === 'object' && defaults !== null ? (defaults as Record<string, unknown>)[key] : undefined
}

function shownDefault(node: SchemaNode, value: unknown): string {
  if (node.properties !== undefined) return value === undefined ? 'none' : 'see below'
  return value === undefined ? 'none' : `\`${JSON.stringify(value)}\``
}

function shownMeaning(node: SchemaNode): string {
  const expected = node.properties === undefined ? expectation(node) : 'a map, see below'
  const meaning = node.description === undefined ? '' : `${node.description}. `
  return `${meaning.charAt(0).toUpperCase()}${meaning.slice(1)}_${expected.charAt(0).toUpperCase()}${expected.slice(1)}._`
}
