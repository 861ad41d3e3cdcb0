/** Mirror test of `src/workers/layers/plan.ts`, and of the layer that plans nothing. */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../src/shared/side.ts'
import { PASS } from '../../../src/workers/layers/layer.ts'
import { OpaqueLayer } from '../../../src/workers/layers/opaque-layer.ts'
import { Plan } from '../../../src/workers/layers/plan.ts'

const octets = (text: string) => Buffer.from(text)

t.test('steps are kept in order, by side', async (t) => {
  const plan = new Plan()
  plan.write(CLIENT, octets('a'))
  plan.forward(CLIENT, octets('b'))
  plan.forward(ORIGIN, octets('c'))
  plan.write(ORIGIN, octets(''))
  t.same(
    plan.writes.map((writes) => writes.map(String)),
    [['a', 'c'], ['b']],
    'nothing is written for no octets',
  )
  plan.end(ORIGIN)
  plan.pause(CLIENT)
  plan.unpause(ORIGIN)
  t.same(
    [plan.ends, plan.pauses, plan.unpauses],
    [
      [false, true],
      [true, false],
      [false, true],
    ],
  )
})

t.test('the first close wins, and clear forgets everything', async (t) => {
  const plan = new Plan()
  plan.resetSession('blocked', 'why')
  plan.closeSession('completed')
  t.same(plan.close, { reason: 'blocked', detail: 'why', abrupt: true })
  plan.write(CLIENT, octets('a'))
  plan.end(CLIENT)
  plan.pause(ORIGIN)
  plan.unpause(CLIENT)
  plan.clear()
  t.same(plan, new Plan())
})

t.test('the opaque layer passes everything', async (t) => {
  const layer = new OpaqueLayer()
  t.same([layer.execute(), layer.finish(), layer.resume(), layer.abort()], [PASS, PASS, PASS, undefined])
})
