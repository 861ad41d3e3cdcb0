/** OctetCuts: exact to the octet whatever the chunks, by direction, alone and together. */

import t from 'tap'
import { CLIENT, ORIGIN } from '../../../src/shared/side.ts'
import { OctetCuts } from '../../../src/workers/faults/octet-cuts.ts'
import { armed, type FaultInput } from '../../support/armed-faults.ts'

/** Feeds chunks of `size` octets towards the client until a cut; how many passed, and its kind. */
function passed(faults: readonly FaultInput[], size: number): readonly [octets: number, kind: string | undefined] {
  const cuts = new OctetCuts(armed(faults))
  let octets = 0
  for (let round = 0; round < 1_000; round++) {
    for (let left = size; left > 0; ) {
      const some = cuts.pass(CLIENT, left)
      octets += some
      left -= some
      const cut = cuts.reached(CLIENT)
      if (cut !== undefined) return [octets, cut.fault.options.kind]
    }
  }
  return [octets, undefined]
}

t.test('in chunks of every size', async (t) => {
  for (let size = 1; size <= 12; size++) t.same(passed([{ kind: 'limit_bytes', bytes: 10 }], size), [10, 'limit_bytes'], `${size}`)
  t.same(passed([{ kind: 'limit_bytes', bytes: 0 }], 5), [0, 'limit_bytes'])
})

t.test('the nearest of several, then the next', async (t) => {
  const faults: FaultInput[] = [
    { kind: 'reset', after_bytes: 7 },
    { kind: 'half_close', after_bytes: 5 },
  ]
  t.same(passed(faults, 100), [5, 'half_close'])
  const cuts = new OctetCuts(armed(faults))
  t.equal(cuts.pass(CLIENT, 100), 5)
  t.equal(cuts.reached(CLIENT)?.limit, 5)
  t.equal(cuts.pass(CLIENT, 95), 2)
  t.equal(cuts.reached(CLIENT)?.limit, 7)
  t.equal(cuts.isEmpty, true)
  t.equal(cuts.pass(CLIENT, 93), 93)
})

t.test('directions', async (t) => {
  const cuts = new OctetCuts(
    armed([
      { kind: 'limit_bytes', direction: 'to_origin', bytes: 4 },
      { kind: 'blackhole', after_bytes: 10 },
    ]),
  )
  t.equal(cuts.pass(CLIENT, 5), 5)
  t.equal(cuts.reached(CLIENT), undefined)
  t.equal(cuts.pass(ORIGIN, 9), 4)
  t.equal(cuts.reached(ORIGIN)?.fault.options.kind, 'limit_bytes')
  t.equal(cuts.pass(CLIENT, 9), 1, 'both directions count')
  t.equal(cuts.reached(CLIENT)?.seen, 10)
})

t.test('what does not cut at an octet is none', async (t) => {
  t.equal(new OctetCuts(armed([{ kind: 'latency', ms: 1 }, { kind: 'reset', after_ms: 1 }, { kind: 'tls_abort' }])).isEmpty, true)
})
