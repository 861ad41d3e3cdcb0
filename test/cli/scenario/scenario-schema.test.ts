/** docs/scenario.schema.json is what the schema says. */

import t from 'tap'
import { resolvedScenarioSchema, scenarioJsonSchema } from '../../../src/cli/scenario/scenario-schema.ts'
import { schemaAt } from '../../../src/shared/options/json-schema.ts'
import { keptEqual } from '../../support/kept-equal.ts'

t.test('docs/scenario.schema.json', async (t) => {
  const schema = { $id: 'soth-mitm/scenario.schema.json', ...scenarioJsonSchema() }
  keptEqual(t, 'docs/scenario.schema.json', `${JSON.stringify(schema, null, 2)}\n`, (text) => JSON.stringify(JSON.parse(text)))
})

t.test('every key has a meaning in words', async (t) => {
  const root = resolvedScenarioSchema()
  for (const path of [[], ['phases', 0], ['phases', 0, 'expect']]) {
    for (const [key, node] of Object.entries(schemaAt(path, undefined, root)?.properties ?? {})) t.type(node.description, 'string', key)
  }
})
