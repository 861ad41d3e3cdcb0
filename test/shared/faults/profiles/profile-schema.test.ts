/** docs/fault-profile.schema.json is what the schema says, and every key of it has a meaning in words. */

import t from 'tap'
import { profileJsonSchema, resolvedProfileSchema } from '../../../../src/shared/faults/profiles/profile-schema.ts'
import { schemaAt } from '../../../../src/shared/options/json-schema.ts'
import { keptEqual } from '../../../support/kept-equal.ts'

t.test('docs/fault-profile.schema.json', async (t) => {
  const schema = { $id: 'soth-mitm/fault-profile.schema.json', ...profileJsonSchema() }
  keptEqual(t, 'docs/fault-profile.schema.json', `${JSON.stringify(schema, null, 2)}\n`, (text) => JSON.stringify(JSON.parse(text)))
})

t.test('every key has a meaning', async (t) => {
  const paths = [
    ['profile'],
    ['doc'],
    ['default'],
    ['match'],
    ['match', 'host'],
    ['entries'],
    ['entries', '529', 'doc'],
    ['entries', '529', 'fault'],
  ]
  for (const path of paths) t.type(schemaAt(path, undefined, resolvedProfileSchema())?.description, 'string', path.join('.'))
})
