/**
 * The published JSON Schema is kept equal; expectations read as sentences; the tree is walked as paths say.
 */

import t from 'tap'
import {
  alternativesOf,
  configJsonSchema,
  expectation,
  kindsAt,
  publishedJsonSchema,
  schemaAt,
} from '../../../src/shared/options/json-schema.ts'
import { keptEqual } from '../../support/kept-equal.ts'

t.test('docs/config.schema.json', async (t) => {
  const schema = { $id: 'soth-mitm/config.schema.json', ...publishedJsonSchema() }
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

t.test('alternatives told apart by their kind', async (t) => {
  const input = { rules: [{ fault: [{ kind: 'bandwidth' }, { profile: 'a:1' }] }] }
  const fault = ['rules', 0, 'fault'] as const
  t.match(schemaAt([...fault, 0, 'bytes_per_second'], input), { type: 'integer', minimum: 1 })
  t.equal(schemaAt([...fault, 0, 'ms'], input), undefined, 'that of another kind')
  t.match(schemaAt([...fault, 1, 'profile'], input), { type: 'string' }, 'without a kind')
  t.match(schemaAt([...fault, 'ms'], { rules: [{ fault: { kind: 'latency' } }] }), { type: 'number' }, 'one, not in a list')
  t.equal(expectation(schemaAt([...fault, 0]) ?? {}), 'a map with a `kind`')
  t.ok(kindsAt([...fault, 0, 'kind'], input).includes('tls_abort'))
  t.same(kindsAt(['workers', 'kind'], input), [])
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
      for (const kind of alternativesOf(child)) visit(`${path}${key}(${kind.properties?.['kind']?.const}).`, kind)
    }
  }
  visit('', configJsonSchema())
  t.same(bare, [])
})
