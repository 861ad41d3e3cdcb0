/** The field `x-soth-fault`: what it may ask for, with what names it in events; what is not understood is answered with the reason. */

import t from 'tap'
import { clientFaultTable } from '../../../src/shared/faults/client-fault-table.ts'
import { MAX_CLIENT_FAULTS } from '../../../src/shared/limits/faults.ts'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import { clientFaults } from '../../../src/workers/faults/client-faults.ts'

const table = clientFaultTable(parseOptions({ rules: [{ match: {}, fault_headers: true }] })) ?? new Map()

t.test('profiles and kinds, one or several', async (t) => {
  t.match(clientFaults('anthropic:529', table), [
    { rule: 'x-soth-fault', index: 0, slot: -1, profile: 'anthropic:529', options: { kind: 'respond', status: 529, probability: 1 } },
  ])
  t.match(clientFaults('truncate_body', table), [{ profile: undefined, options: { kind: 'truncate_body' } }])
  t.match(clientFaults(' anthropic:sse-stall@0.5 , generic-http:slow', table), [
    { index: 0, profile: 'anthropic:sse-stall', options: { kind: 'sse', probability: 0.5 } },
    { index: 1, profile: 'generic-http:slow', options: { kind: 'first_byte_delay', probability: 1 } },
  ])
  const mixed = clientFaults('anthropic', table)
  t.ok(mixed.length > 1 && mixed.every(({ profile }) => profile === 'anthropic:mixed'))
  t.ok(clientFaults('anthropic@0', table).every(({ options }) => options.probability === 0))
})

t.test('what is not understood', async (t) => {
  const many = Array.from({ length: MAX_CLIENT_FAULTS + 1 }, () => 'anthropic:529').join(',')
  const wrong = [
    '',
    'anthropic:528',
    'anthropic:529@',
    'anthropic:529@2',
    'anthropic:529@x',
    'latency',
    'flaky-network:wifi',
    'sse@0.5,',
    many,
  ]
  for (const text of [...wrong, 'x'.repeat(10_000)]) {
    const faults = clientFaults(text, table)
    t.match(
      faults,
      [{ options: { kind: 'respond', status: 400, body: { error: { code: 'fault_not_understood', message: /^x-soth-fault: / } } } }],
      text.slice(0, 40),
    )
    t.ok(JSON.stringify(faults).length < 600, 'short, whatever was asked')
  }
})
