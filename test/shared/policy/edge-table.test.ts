/**
 * EdgeTable against a Map, through several doublings.
 */

import t from 'tap'
import { EdgeTable } from '../../../src/shared/policy/edge-table.ts'

const table = new EdgeTable()
const model = new Map<string, number>()
for (let child = 0; child < 10_000; child++) {
  const [node, label] = [child % 97, Math.floor(child / 97)]
  table.insert(node, label, child)
  model.set(`${node} ${label}`, child)
}
let wrong = 0
for (let node = 0; node < 120; node++) {
  for (let label = 0; label < 120; label++) if (table.find(node, label) !== (model.get(`${node} ${label}`) ?? -1)) wrong++
}
t.equal(wrong, 0)
