/** Field edits: what can be edited, and what frames or routes a message and cannot. */

import t from 'tap'
import { editSchema } from '../../../src/shared/options/edit-schema.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'

t.test('accepted, with defaults', (t) => {
  t.same(editSchema.parse({ request: { set: { 'X-Team': 'a b' } } }), { request: { set: { 'X-Team': 'a b' }, remove: [] } })
  t.same(editSchema.parse({ response: { remove: ['Alt-Svc'] } }), { response: { set: {}, remove: ['Alt-Svc'] } })
  t.end()
})

t.test('refused', (t) => {
  for (const name of ['Content-Length', 'transfer-encoding', 'HOST', 'connection', 'te', 'a b', '', 'a:b']) {
    t.throws(() => editSchema.parse({ request: { set: { [name]: 'x' } } }), name)
    t.throws(() => editSchema.parse({ response: { remove: [name] } }), name)
  }
  for (const value of ['a\r\nb: c', 'a\u0000', ' a', 'a ', 'ä']) t.throws(() => editSchema.parse({ request: { set: { a: value } } }), value)
  t.end()
})

t.test('field names keep their case through camelCase folding', (t) => {
  const { rules } = parseOptions({ rules: [{ edit: { request: { set: { 'X-Added': '1', xAdded: '2' } } } }] })
  t.same(rules[0]?.edit?.request?.set, { 'X-Added': '1', xAdded: '2' })
  t.end()
})
