/** The rule schema: what is written in short, and what becomes of it. */

import t from 'tap'
import { ruleSchema } from '../../../src/shared/options/rule-schema.ts'

t.test('the body of a block: a text, or a JSON value', async (t) => {
  for (const body of ['no', { error: { type: 'blocked' } }, [1]]) t.same(ruleSchema.parse({ body }).body, body)
  t.equal(ruleSchema.parse({}).body, undefined)
  for (const content_type of ['html', 'text/html\r\nX: 1', '']) t.notOk(ruleSchema.safeParse({ content_type }).success, content_type)
  t.ok(ruleSchema.safeParse({ content_type: 'text/html; charset=utf-8' }).success)
})

t.test('one, or a list', async (t) => {
  t.same(ruleSchema.parse({ match: { domain: 'a.com', field: { a: 'b' } } }).match, { domain: ['a.com'], field: { a: ['b'] } })
  t.same(ruleSchema.parse({ match: { time: {} } }).match.time, { from: '00:00', to: '24:00', zone: 'UTC' })
  for (const from of ['9:00', '24:01', '12:60', '']) t.notOk(ruleSchema.safeParse({ match: { time: { from } } }).success, from)
  t.notOk(ruleSchema.safeParse({ match: { field: { 'a b': 'c' } } }).success)
})

t.test('fields to redact are compared without case', async (t) => {
  t.same(ruleSchema.parse({ redact_fields: ['X-Secret'] }).redact_fields, ['x-secret'])
})
