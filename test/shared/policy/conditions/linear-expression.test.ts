/** LinearExpression: what it finds, and that neither a hostile pattern nor a hostile text can make it cost more than its bound. */

import t from 'tap'
import { EXPRESSION_INSTRUCTIONS, EXPRESSION_STEPS } from '../../../../src/shared/limits/policy.ts'
import { LinearExpression } from '../../../../src/shared/policy/conditions/linear-expression.ts'

t.test('searches anywhere', async (t) => {
  t.ok(new LinearExpression('^/v[12]/').isFoundIn('/v2/messages'))
  t.notOk(new LinearExpression('^/v[12]/').isFoundIn('/a/v2/'))
  t.ok(new LinearExpression('messages$').isFoundIn('/v1/messages'))
})

t.test('what is refused', async (t) => {
  t.throws(() => new LinearExpression('('), { name: 'ConfigError', reason: /no regular expression/ })
  t.throws(() => new LinearExpression('(a)\\1'), { name: 'ConfigError' }, 'a back reference')
  t.throws(() => new LinearExpression('.{1000}.{1000}'), { name: 'ConfigError', reason: /2002 instructions, and 1000 are allowed/ })
  t.throws(() => new LinearExpression('((a{100}){100}){100}'), { name: 'ConfigError' }, 'nested counts')
})

/** Patterns that bring backtracking, or a large program, to a stand; their texts almost match. */
const HOSTILE = [
  '(x+x+)+y',
  '(?:a?){300}a{300}[yz]',
  '.{900}[xy]',
  '(?:[ab].{0,400})+[cd]',
  '(?:a|aa|aaa)*.{600}[yz]',
  '(.*)(.*)(.*)(.*)[0-9]',
]

t.test('operations: instructions × characters stay below the bound', async (t) => {
  for (const pattern of HOSTILE) {
    const expression = new LinearExpression(pattern)
    t.ok(expression.maxChars >= Math.floor(EXPRESSION_STEPS / EXPRESSION_INSTRUCTIONS), `${pattern}: a share for each`)
    t.ok(expression.maxChars * 10 <= EXPRESSION_STEPS, `${pattern}: and no more than the product allows`)
    // Beyond its share a text is not looked at: the end that would match is not found, and the text is not walked either.
    t.notOk(new LinearExpression(`${pattern}END`).isFoundIn(`${'ab'.repeat(4_000_000)}9yxcEND`), pattern)
  }
})

t.test('a small expression sees all of the largest head', async (t) => {
  const expression = new LinearExpression('END$')
  t.ok(expression.maxChars > 65_536)
  t.ok(expression.isFoundIn(`${'a'.repeat(65_000)}END`))
})
