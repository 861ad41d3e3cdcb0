/**
 * Ticket keys of one secret and one period are equal in every worker, and differ in the next.
 */

import { createSecureContext } from 'node:tls'
import t from 'tap'
import { TICKET_KEY_PERIOD_MS } from '../../../../src/shared/limits/certificates.ts'
import { createTicketSecret, TicketKeys } from '../../../../src/workers/tls/leaf/ticket-keys.ts'

t.test('workers of one secret agree without a message', (t) => {
  const secret = createTicketSecret()
  let nowMs = 5 * TICKET_KEY_PERIOD_MS
  const one = new TicketKeys(secret, () => nowMs)
  const two = new TicketKeys(structuredClone(secret), () => nowMs)
  const first = one.keys()
  t.equal(first.length, 48)
  t.same(two.keys(), first)
  nowMs += TICKET_KEY_PERIOD_MS - 1
  t.equal(one.keys(), first, 'the same object within a period')
  nowMs += 1
  t.equal(one.epoch(), 6)
  t.notSame(one.keys(), first)
  t.same(one.keys(), two.keys())
  t.notSame(new TicketKeys(createTicketSecret(), () => nowMs).keys(), one.keys())
  t.end()
})

t.test('a context takes the keys of the period', (t) => {
  const keys = new TicketKeys(createTicketSecret(), () => 0)
  const context = createSecureContext({ ca: [] })
  keys.renew(context)
  t.same(context.context.getTicketKeys(), keys.keys())
  t.end()
})
