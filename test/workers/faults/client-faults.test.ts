/** ClientFaults: what the field may say, what it may not, and that it is bounded. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { MAX_CLIENT_FAULT_CHARS, MAX_CLIENT_FAULTS } from '../../../src/shared/limits/faults.ts'
import { ClientFaults } from '../../../src/workers/faults/client-faults.ts'

t.test('profiles and kinds, with what names them in events', async (t) => {
  const faults = new ClientFaults([])
  t.match(faults.faultsFor('anthropic:529'), [
    { rule: 'x-soth-fault', index: 0, slot: -1, profile: 'anthropic:529', options: { kind: 'respond', status: 529, probability: 1 } },
  ])
  t.match(faults.faultsFor('respond,status=418'), [{ profile: undefined, options: { status: 418 } }])
  t.match(faults.faultsFor('anthropic@0'), [{ options: { probability: 0 } }, { options: { probability: 0 } }])
  t.equal(faults.faultsFor('anthropic:529'), faults.faultsFor('anthropic:529'), 'read once')
})

t.test('what is not understood is answered with the reason', async (t) => {
  const faults = new ClientFaults([])
  const cases: readonly (readonly [text: string, message: RegExp])[] = [
    ['anthropic:528', /no entry "528".*did you mean "529"/],
    ['latncy', /neither a profile nor a kind/],
    ['respond,status=x', /is no fault/],
    ['latency,ms=5', /acts on a connection/],
    ['flaky-network:wifi', /acts on a connection/],
    ['', /names no fault/],
    ['x'.repeat(MAX_CLIENT_FAULT_CHARS + 1), /more than 4096 characters/],
  ]
  for (const [text, message] of cases)
    t.match(faults.faultsFor(text), [
      { options: { kind: 'respond', status: 400, body: { error: { code: 'fault_not_understood', message } } } },
    ])
})

t.test('the user’s profiles; a file that is wrong by now', async (t) => {
  const file = join(t.testdir(), 'mine.yaml')
  writeFileSync(file, 'profile: mine\ndoc: Mine.\nentries:\n  a: { doc: x, fault: { kind: respond, status: 418 } }\n')
  t.match(new ClientFaults([file]).faultsFor('mine:a'), [{ options: { status: 418 }, profile: 'mine:a' }])
  writeFileSync(file, 'profile: [\n')
  t.match(new ClientFaults([file]).faultsFor('mine:a'), [{ options: { status: 400 } }])
})

t.test('other values than those that are remembered are read all the same', async (t) => {
  const faults = new ClientFaults([])
  for (let n = 0; n <= MAX_CLIENT_FAULTS; n++) t.match(faults.faultsFor(`respond,delay_ms=${n}`), [{ options: { delay_ms: n } }])
})
