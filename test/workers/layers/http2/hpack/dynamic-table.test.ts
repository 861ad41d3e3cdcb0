/**
 * The dynamic table against a model that is an array of strings: indices, sizes and evictions stay equal (RFC 7541 §2.3.2, §4).
 */

import fc from 'fast-check'
import t from 'tap'
import { DynamicTable, ENTRY_OVERHEAD } from '../../../../../src/workers/layers/http2/hpack/dynamic-table.ts'

/** The table as RFC 7541 §4 words it, over a list. */
class PlainTable {
  entries: { name: string; value: string; meta: number }[] = []
  maxSize: number
  constructor(maxSize: number) {
    this.maxSize = maxSize
  }
  get size(): number {
    return this.entries.reduce((sum, { name, value }) => sum + name.length + value.length + ENTRY_OVERHEAD, 0)
  }
  insert(name: string, value: string, meta: number): void {
    this.entries.unshift({ name, value, meta })
    this.evict()
  }
  evict(): void {
    while (this.size > this.maxSize) this.entries.pop()
  }
}

function entriesOf(table: DynamicTable): unknown[] {
  return Array.from({ length: table.count }, (_, i) => {
    const start = table.lineStart(i)
    const nameEnd = start + table.nameLength(i)
    const text = Buffer.from(table.arena).toString('latin1')
    const value = text.slice(nameEnd + 2, nameEnd + 2 + table.valueLength(i))
    return { name: text.slice(start, nameEnd), value, meta: table.meta(i) }
  })
}

const operation = fc.oneof(
  {
    weight: 20,
    arbitrary: fc.record({
      name: fc.string({ maxLength: 30, unit: 'grapheme-ascii' }),
      value: fc.string({ maxLength: 300, unit: 'grapheme-ascii' }),
    }),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 3_000 }) },
)

t.test('the table is the one that the RFC describes', async (t) => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 300 }), (operations) => {
      const table = new DynamicTable(2_000)
      const plain = new PlainTable(2_000)
      for (const [i, one] of operations.entries()) {
        if (typeof one === 'number') {
          table.resize(one)
          plain.maxSize = one
          plain.evict()
        } else {
          const line = Buffer.from(`${one.name}: ${one.value}\r\n`, 'latin1')
          table.insert(line, 0, one.name.length, one.value.length, i & 0xff)
          plain.insert(one.name, one.value, i & 0xff)
        }
      }
      t.same(entriesOf(table), plain.entries)
      return table.size === plain.size && table.arena.length <= 8_192
    }),
    { numRuns: 200 },
  )
})
