/**
 * The published JSON Schema is kept equal; expectations read as sentences; the tree is walked as paths say.
 */

import t from 'tap'
import { configJsonSchema, expectation, schemaAt } from '../../../src/shared/options/json-schema.ts'
import { keptEqual } from '../../support/kept-equal.ts'

t.test('docs/config.schema.json', async (t) => {
  const schema = { $id: 'soth-mitm/config.schema.json', ...configJsonSchema() }
  keptEqual(t, 'docs/config.schema.json', `${JSON.stringify(schema, null, 2)}\n`, (text) => JSON.stringify(JSON.parse(text)))
})

t.test('expectations', async (t) => {
  const expected: readonly (readonly [path: readonly (string | number)[], text: string])[] = [
    [['workers'], '"auto" or an integer from 0 to 256'],
    [['admin'], 'a string or false'],
    [['rules', 3, 'match', 'host'], 'a string or a non-empty list, each a string'],
    [['rules', 3, 'match', 'host', 1], 'a string'],
    [['rules', 0, 'body'], 'a string of at most 65536 characters'],
    [['rules'], 'a list of at most 200000'],
    [['limits', 'sessions'], '"auto" or an integer of at least 1'],
    [['http2_enabled'], 'true or false'],
    [['limits'], 'a map of options'],
  ]
  for (const [path, text] of expected) {
    const node = schemaAt(path)
    t.match(node === undefined ? 'nothing' : expectation(node), new RegExp(`^${text.replaceAll(/[[\]().]/g, '\\$&')}`), path.join('.'))
  }
})

t.test('places the schema does not know', async (t) => {
  t.equal(schemaAt(['nothing']), undefined)
  t.equal(schemaAt(['workers', 0]), undefined)
  t.equal(schemaAt(['rules', 'match']), undefined)
})

t.test('every option has a meaning in words', async (t) => {
  const bare: string[] = []
  const visit = (path: string, node: ReturnType<typeof configJsonSchema>): void => {
    for (const [key, child] of Object.entries(node.properties ?? {})) {
      if (child.description === undefined) bare.push(`${path}${key}`)
      visit(`${path}${key}.`, child.items?.properties === undefined ? child : child.items)
    }
  }
  visit('', configJsonSchema())
  t.same(bare, [])
})
