/** Mirror test of `src/shared/violations/registry.ts`: all tables keep its rules. */

import { readdirSync } from 'node:fs'
import t from 'tap'
import { refusals } from '../../../src/shared/refusals/registry.ts'
import { VIOLATION_TABLES } from '../../../src/shared/violations/registry.ts'
import { REPOSITORY } from '../../support/kept-equal.ts'

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

t.test('every table of the folder is in it', async (t) => {
  const files = readdirSync(`${REPOSITORY}src/shared/violations`).filter((name) => !['registry.ts', 'violation.ts'].includes(name))
  t.same(
    Object.keys(VIOLATION_TABLES)
      .map((prefix) => `${prefix.replace('_', '-')}.ts`)
      .sort(),
    files.sort(),
  )
})
