/** Mirror test of `src/shared/http/accept-negotiation.ts`. */

import fc from 'fast-check'
import t from 'tap'
import { negotiateFormat } from '../../../src/shared/http/accept-negotiation.ts'
import { fieldSectionOf } from '../../support/octets/field-section-of.ts'

function negotiate(...values: string[]): string {
  return negotiateFormat(fieldSectionOf('Host: a', ...values.map((value) => `ACCEPT: ${value}`)))
}

t.test('JSON only where it is preferred', async (t) => {
  t.equal(negotiateFormat(undefined), 'text')
  const rows: [string, string[]][] = [
    ['text', []],
    ['text', ['']],
    ['text', ['*/*']],
    ['text', ['text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8']],
    ['text', ['text/plain, application/json']],
    ['text', ['application/json;q=0']],
    ['text', ['application/json;q=0.5, text/plain']],
    ['text', ['application/json;q=0.5, */*']],
    ['text', ['application/json;q=x']],
    ['text', ['application/json;q=2']],
    ['text', ['text/event-stream']],
    ['text', ['json']],
    ['json', ['application/json']],
    ['json', ['APPLICATION/JSON ; Q=0.001']],
    ['json', ['application/*']],
    ['json', ['application/json, text/plain;q=0.9, */*;q=0.8']],
    ['json', ['application/json, text/event-stream']],
    ['json', ['*/*, text/plain;q=0.1']],
    ['json', ['*/*, text/*;q=0']],
    ['json', ['application/json; charset=utf-8; q=0.9, text/*;q=0.8']],
    ['json', ['text/html', 'application/json']],
    ['text', [`${'a/b,'.repeat(32)}application/json`]],
  ]
  for (const [expected, values] of rows) t.equal(negotiate(...values), expected, values.join(' + ').slice(0, 80))
})

t.test('property: any field value has an answer', async (t) => {
  const value = fc.oneof(fc.string({ maxLength: 60 }), fc.stringMatching(/^[aj*/;,q=.0-9 ]{0,60}$/))
  const property = fc.property(value, (text) => ['text', 'json'].includes(negotiate(text.replace(/[^\x20-\x7e]/g, ''))))
  t.doesNotThrow(() => fc.assert(property, { numRuns: 1_000 }))
})
