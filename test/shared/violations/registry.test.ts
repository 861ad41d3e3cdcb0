/** Mirror test of `src/shared/violations/registry.ts`: all tables keep the rules of the registry, and equal `docs/errors.md`. */

import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { refusals } from '../../../src/shared/refusals/registry.ts'
import { VIOLATION_TABLES } from '../../../src/shared/violations/registry.ts'
import { renderErrorsDocument } from '../../support/errors-document.ts'

/** From `dist/test/shared/violations/`. */
const DOCUMENT = new URL('../../../../docs/errors.md', import.meta.url)
const RULE = /^(?:limit|SOCKS4|[A-Z].+ §\S.*)$/

t.test('violations', async (t) => {
  const seen = new Set<string>()
  for (const [protocol, table] of Object.entries(VIOLATION_TABLES)) {
    for (const [key, violation] of Object.entries(table)) {
      t.equal(violation.code, key)
      t.match(key, /^[a-z0-9]+(_[a-z0-9]+)+$/)
      t.ok(key.startsWith(`${protocol}_`), `${key} is named after its protocol`)
      t.notOk(seen.has(key) || key in refusals, `${key} is unique`)
      t.match(violation.rule, RULE, `${key} cites its rule`)
      t.match(violation.message, /^[A-Z].*\.$/, `${key} is a sentence`)
      t.ok(violation.status === 0 || (violation.status >= 400 && violation.status <= 599), `${key} has the status of a refusal`)
      seen.add(key)
    }
  }
})

t.test('docs/errors.md is equal to the registries', async (t) => {
  const rendered = renderErrorsDocument()
  if (process.env['SOTH_WRITE_DOCS'] === '1') writeFileSync(DOCUMENT, rendered)
  t.equal(readFileSync(DOCUMENT, 'utf8'), rendered, 'write it anew with SOTH_WRITE_DOCS=1')
})
