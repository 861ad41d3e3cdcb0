/**
 * EdgeTable against a Map, through several doublings; labels are told apart by their characters, not by their hash alone.
 */

import t from 'tap'
import { EdgeTable } from '../../../../src/shared/policy/hosts/edge-table.ts'

t.test('agrees with a Map', async (t) => {
  const table = new EdgeTable()
  const model = new Map<string, number>()
  for (let n = 0; n < 10_000; n++) {
    const [node, label] = [n % 97, `l${Math.floor(n / 97)}`]
    model.set(`${node} ${label}`, table.insert(node, label))
  }
  let wrong = 0
  for (let node = 0; node < 120; node++) {
    for (let n = 0; n < 120; n++) {
      const host = `x.l${n}.y`
      if (table.find(node, host, 2, host.length - 2) !== (model.get(`${node} l${n}`) ?? -1)) wrong++
    }
  }
  t.equal(wrong, 0)
})

t.test('numbers children from 1, in order', async (t) => {
  const table = new EdgeTable()
  t.same([table.insert(0, 'com'), table.insert(0, 'org'), table.insert(1, 'com')], [1, 2, 3])
  t.equal(table.find(0, 'com', 0, 3), 1)
  t.equal(table.find(1, 'com', 0, 3), 3)
  t.equal(table.find(1, 'com', 0, 2), -1)
  t.equal(table.find(0, 'cöm', 0, 3), -1)
  t.equal(table.find(0, 'com', 1, 1), -1, 'an empty label')
})

t.test('labels with one hash are two labels', async (t) => {
  // Among 200,000 labels some pairs (about five) share their 32 bits: keep them all and ask for each.
  const table = new EdgeTable()
  const count = 200_000
  for (let n = 0; n < count; n++) table.insert(0, n.toString(36))
  let wrong = 0
  for (let n = 0; n < count; n++) {
    const label = n.toString(36)
    if (table.find(0, label, 0, label.length) !== n + 1) wrong++
  }
  t.equal(wrong, 0)
})
