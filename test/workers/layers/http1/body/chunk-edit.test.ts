/** ChunkEdit: a read that nothing is told of passes; else what comes out is the read with its edits, on the right side. */

import fc from 'fast-check'
import t from 'tap'
import { CLIENT, ORIGIN } from '../../../../../src/shared/side.ts'
import { ChunkEdit } from '../../../../../src/workers/layers/http1/body/chunk-edit.ts'
import { PASS, PLANNED } from '../../../../../src/workers/layers/layer.ts'
import { Plan } from '../../../../../src/workers/layers/plan.ts'

const text = (plan: Plan, side: typeof CLIENT | typeof ORIGIN): string => Buffer.concat(plan.writes[side]).toString('latin1')

t.test('untouched reads pass', async (t) => {
  const edit = new ChunkEdit(CLIENT)
  const plan = new Plan()
  edit.begin(Buffer.from('abc'), plan)
  t.equal(edit.finish(), PASS)
  t.same(plan.writes, [[], []])
  edit.beginApart(plan, Buffer.from('abc'))
  t.equal(edit.finish(), PLANNED, 'held octets are planned, whatever is told')
  t.equal(text(plan, ORIGIN), 'abc')
  plan.clear()
  edit.begin(Buffer.from('abc'), plan)
  edit.touch()
  t.equal(edit.finish(), PLANNED, 'something else is in the plan')
  t.equal(text(plan, ORIGIN), 'abc')
  t.equal(text(plan, CLIENT), '')
})

type Edit = readonly [kind: 'drop' | 'insert', from: number, to: number]

t.test('property: the read with its edits, forwarded as views', async (t) => {
  const edits = fc.array(fc.tuple(fc.constantFrom('drop' as const, 'insert' as const), fc.nat(6), fc.nat(6)), { maxLength: 8 })
  fc.assert(
    fc.property(fc.string({ minLength: 1, maxLength: 40 }), edits, (input, steps) => {
      const bytes = Buffer.from(input, 'latin1')
      const plan = new Plan()
      const edit = new ChunkEdit(ORIGIN)
      edit.begin(bytes, plan)
      let at = 0
      let expected = ''
      for (const [kind, gap, width] of steps as Edit[]) {
        const from = Math.min(bytes.length, at + gap)
        expected += bytes.toString('latin1', at, from)
        at = from
        if (kind === 'insert') {
          edit.insert(from, Buffer.from('+'))
          expected += '+'
        } else {
          at = Math.min(bytes.length, from + width)
          edit.drop(from, at)
        }
      }
      expected += bytes.toString('latin1', at)
      t.equal(edit.finish(), steps.length === 0 ? PASS : PLANNED)
      if (steps.length > 0) t.equal(text(plan, CLIENT), expected)
      t.ok(plan.writes[CLIENT].every((part) => part.length > 0))
    }),
    { numRuns: 200 },
  )
})
