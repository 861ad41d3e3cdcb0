/**
 * Glob: table, agreement with a plain recursive definition, and linear time on hostile pairs.
 */

import fc from 'fast-check'
import t from 'tap'
import { Glob } from '../../../../src/shared/policy/conditions/glob.ts'

const TABLE: readonly (readonly [pattern: string, text: string, matches: boolean])[] = [
  ['', '', true],
  ['', 'a', false],
  ['*', '', true],
  ['*', 'anything.at.all', true],
  ['a*', 'a', true],
  ['a*', 'ba', false],
  ['*a', 'bca', true],
  ['*a', 'bcab', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['??', 'a', false],
  ['api-*.example.com', 'api-7.example.com', true],
  ['api-*.example.com', 'api-7.eu.example.com', true],
  ['api-*.example.com', 'api.example.com', false],
  ['*api*', 'myapi.example', true],
  ['a*b*c', 'a-b-b-c', true],
  ['a*b*c', 'a-c-b', false],
]

t.test('table', async (t) => {
  for (const [pattern, text, matches] of TABLE) t.equal(new Glob(pattern).matches(text), matches, `${pattern} on ${text}`)
})

/** The definition, exponential and obvious. */
function matchesByDefinition(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  const rest = pattern.slice(1)
  if (pattern[0] === '*') return matchesByDefinition(rest, text) || (text !== '' && matchesByDefinition(pattern, text.slice(1)))
  return text !== '' && (pattern[0] === '?' || pattern[0] === text[0]) && matchesByDefinition(rest, text.slice(1))
}

t.test('agrees with the definition', async () => {
  const pattern = fc.string({ unit: fc.constantFrom('a', 'b', '*', '?'), maxLength: 8 })
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 10 })
  fc.assert(
    fc.property(pattern, text, (pattern, text) => new Glob(pattern).matches(text) === matchesByDefinition(pattern, text)),
    { numRuns: 5_000 },
  )
})

t.test('patterns of more than one word', async () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b'), minLength: 20, maxLength: 80 })
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 19 }), fc.boolean(), (text, at, spoil) => {
      const glob = new Glob(`${text.slice(0, at)}*?${text.slice(at + 1)}`)
      return glob.matches(spoil ? `c${text}` : text) === !spoil
    }),
    { numRuns: 2_000 },
  )
})

t.test('state does not leak from one text to the next', async (t) => {
  const glob = new Glob('*ab')
  t.equal(glob.matches('xxab'), true)
  t.equal(glob.matches('b'), false)
  t.equal(glob.matches('ab'), true)
})

t.test('hostile pairs cost no more than their length', async (t) => {
  const glob = new Glob(`${'*a'.repeat(120)}*b`)
  const text = 'a'.repeat(100_000)
  const before = performance.now()
  t.equal(glob.matches(text), false)
  // 100,000 characters × 4 words are some milliseconds; a backtracking matcher would not end.
  t.ok(performance.now() - before < 1_000)
})
