/** OriginSessions: a ticket serves once, the newest first; keys and tickets are bounded, the least recently used goes. */

import { EventEmitter } from 'node:events'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { ORIGIN_SESSION_KEYS, ORIGIN_SESSION_TICKETS } from '../../src/shared/limits/origins.ts'
import { OriginSessions } from '../../src/workers/origin-sessions.ts'

/** A connection under `key` that is given `tickets`; how many listeners it has afterwards. */
function connectionOf(sessions: OriginSessions, key: string, ...tickets: string[]): number {
  const secure = new EventEmitter()
  sessions.collect(key, secure as TLSSocket)
  for (const ticket of tickets) secure.emit('session', Buffer.from(ticket))
  return secure.listenerCount('session')
}

const taken = (sessions: OriginSessions, key: string): string | undefined => sessions.take(key)?.toString()

t.test('each ticket once, the newest first, by key', async (t) => {
  const sessions = new OriginSessions()
  connectionOf(sessions, 'a', '1', '2')
  connectionOf(sessions, 'b', '3')
  t.same([taken(sessions, 'a'), taken(sessions, 'a'), taken(sessions, 'a'), taken(sessions, 'b')], ['2', '1', undefined, '3'])
})

t.test('nobody listens once there are enough', async (t) => {
  const sessions = new OriginSessions()
  const tickets = Array.from({ length: ORIGIN_SESSION_TICKETS }, (_, n) => `${n}`)
  t.equal(connectionOf(sessions, 'a', ...tickets.slice(1)), 1)
  t.equal(connectionOf(sessions, 'a', '0'), 0)
  t.equal(connectionOf(sessions, 'a'), 0, 'not even begun')
  const kept = tickets.map(() => taken(sessions, 'a'))
  t.same(kept.sort(), tickets)
  t.equal(taken(sessions, 'a'), undefined)
})

t.test('two connections at once do not keep more than the bound', async (t) => {
  const sessions = new OriginSessions()
  const [one, two] = [new EventEmitter(), new EventEmitter()]
  for (const secure of [one, two]) sessions.collect('a', secure as TLSSocket)
  for (let n = 0; n < ORIGIN_SESSION_TICKETS; n++) for (const secure of [one, two]) secure.emit('session', Buffer.from(`${n}`))
  let kept = 0
  while (sessions.take('a') !== undefined) kept++
  t.equal(kept, ORIGIN_SESSION_TICKETS)
})

t.test('the least recently used key goes at the bound; forget forgets one', async (t) => {
  const sessions = new OriginSessions()
  for (let n = 0; n < ORIGIN_SESSION_KEYS; n++) connectionOf(sessions, `k${n}`, 'x', 'y')
  t.equal(taken(sessions, 'k0'), 'y', 'used: now the youngest')
  connectionOf(sessions, 'new', 'z')
  t.equal(taken(sessions, 'k1'), undefined)
  t.equal(taken(sessions, 'k0'), 'x')
  sessions.forget('k2')
  t.equal(taken(sessions, 'k2'), undefined)
  t.equal(taken(sessions, 'k3'), 'y')
})
