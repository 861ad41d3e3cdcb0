/**
 * Exposition: sums over labels, and counters that have fallen.
 */

import t from 'tap'
import { Exposition } from '../../loadtest/exposition.ts'

const TEXT = '# TYPE a_total counter\na_total{x="1",y="p"} 3\na_total{x="2",y="p"} 4\n# TYPE g gauge\ng 7\n# TYPE h histogram\nh_count 2\n'

t.test('sums', async (t) => {
  const found = new Exposition(TEXT)
  t.equal(found.sum('a_total'), 7)
  t.equal(found.sum('a_total', 'x="1"'), 3)
  t.equal(found.sum('g'), 7)
  t.equal(found.sum('absent'), 0)
  t.equal(found.highest('a_total'), 4)
  t.equal(found.highest('a_total', 'x="1"'), 3)
  t.equal(found.highest('absent'), undefined)
})

t.test('counters may not fall, gauges may', async (t) => {
  const earlier = new Exposition(TEXT)
  t.same(new Exposition(TEXT).fallenSince(earlier), [])
  const later = new Exposition(TEXT.replace('} 4', '} 2').replace('g 7', 'g 1').replace('h_count 2', 'h_count 1'))
  t.same(later.fallenSince(earlier), ['a_total{x="2",y="p"}', 'h_count{}'])
})

t.test('what is no line of the format throws', async (t) => {
  t.throws(() => new Exposition('oops'))
})
