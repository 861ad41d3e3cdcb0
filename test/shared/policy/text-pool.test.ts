/** TextPool and Column: what was put in comes out, here and where it was shared, through several growths. */

import t from 'tap'
import { Column } from '../../../src/shared/policy/column.ts'
import { TextPool } from '../../../src/shared/policy/text-pool.ts'

t.test('texts', async (t) => {
  const pool = new TextPool()
  const texts = Array.from({ length: 3_000 }, (_, n) => (n % 7 === 0 ? '' : `text ü ${n}`.repeat(1 + (n % 5))))
  texts.forEach((text, n) => void t.equal(pool.add(text), n))
  const shared = new TextPool(pool.share())
  for (const read of [pool, shared])
    t.same(
      texts.map((_, n) => read.text(n)),
      texts,
    )
  t.ok(shared.isEmpty(0))
  t.notOk(shared.isEmpty(1))
})

t.test('equality in place', async (t) => {
  const pool = new TextPool()
  pool.add('com')
  pool.add('example')
  t.ok(pool.equals(1, 'a.example.b', 2, 9))
  t.notOk(pool.equals(1, 'a.example.b', 2, 8))
  t.notOk(pool.equals(0, 'cöm', 0, 3))
})

t.test('columns', async (t) => {
  const column = new Column()
  for (let n = 0; n < 1_000; n++) t.equal(column.push(n * 3), n)
  column.set(5, -1)
  const shared = new Column(column.share())
  t.equal(shared.length, 1_000)
  t.same([shared.at(5), shared.at(999), shared.at(1_000)], [-1, 2_997, 0])
})
