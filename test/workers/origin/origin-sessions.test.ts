/**
 * OriginSessions: a ticket serves once, the newest first, and the last again and again until it is declined; keys and tickets are
 * bounded, the least recently used goes. And with real servers: every connection but the first resumes.
 */

import { EventEmitter, once } from 'node:events'
import { type AddressInfo, connect as connectTcp } from 'node:net'
import { createSecureContext, createServer, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { ORIGIN_SESSION_KEYS, ORIGIN_SESSION_TICKETS } from '../../../src/shared/limits/origins.ts'
import { originate } from '../../../src/workers/handshakes/originate.ts'
import { keyShareOf } from '../../../src/workers/origin/origin-groups.ts'
import { type KnownSession, OriginSessions } from '../../../src/workers/origin/origin-sessions.ts'
import { ORIGIN_ROOT, originCertificate } from '../../support/test-origin.ts'

interface Facts {
  readonly version?: string
  readonly isResumed?: boolean
  readonly session?: string
  readonly validTo?: string
}

/** What `collect` asks of a TLSSocket. */
function socketOf({ version = 'TLSv1.3', isResumed = false, session, validTo }: Facts = {}): TLSSocket {
  const methods = {
    isSessionReused: () => isResumed,
    getProtocol: () => version,
    getPeerX509Certificate: () => (validTo === undefined ? undefined : { validTo }),
    getEphemeralKeyInfo: () => ({ type: 'ECDH', name: 'X25519', size: 253 }),
    getSession: () => (session === undefined ? undefined : Buffer.from(session)),
  }
  return Object.assign(new EventEmitter(), methods) as unknown as TLSSocket
}

const OFFERED: KnownSession = { session: Buffer.from('offered'), certificate: undefined, share: undefined, untilMs: Infinity }

/** A connection under `key` that is given `tickets`; how many listeners it has afterwards. */
function connectionOf(sessions: OriginSessions, key: string, ...tickets: string[]): number {
  const secure = socketOf()
  sessions.collect(key, secure, undefined)
  for (const ticket of tickets) secure.emit('session', Buffer.from(ticket))
  return secure.listenerCount('session')
}

const taken = (sessions: OriginSessions, key: string): string | undefined => sessions.take(key)?.session.toString()

t.test('each ticket once, the newest first, and the last again, by key', async (t) => {
  const sessions = new OriginSessions(Date.now)
  connectionOf(sessions, 'a', '1', '2')
  connectionOf(sessions, 'b', '3')
  t.same([taken(sessions, 'a'), taken(sessions, 'a'), taken(sessions, 'a'), taken(sessions, 'b')], ['2', '1', '1', '3'])
  t.equal(taken(sessions, 'c'), undefined)
  t.equal(sessions.take('a')?.share, keyShareOf(socketOf()), 'and with it what the origin took')
})

t.test('what an origin declines goes, with all that is older; what it takes stays', async (t) => {
  const sessions = new OriginSessions(Date.now)
  connectionOf(sessions, 'a', '1', '2')
  sessions.collect('a', socketOf({ isResumed: true }), OFFERED)
  t.equal(taken(sessions, 'a'), '2')
  const full = socketOf()
  sessions.collect('a', full, OFFERED)
  t.equal(taken(sessions, 'a'), undefined)
  full.emit('session', Buffer.from('3'))
  t.equal(taken(sessions, 'a'), '3')
})

t.test('up to TLS 1.2 the session is there with the handshake', async (t) => {
  const sessions = new OriginSessions(Date.now)
  sessions.collect('a', socketOf({ version: 'TLSv1.2', session: 's' }), undefined)
  sessions.collect('a', socketOf({ version: 'TLSv1.2', session: 'same', isResumed: true }), OFFERED)
  sessions.collect('b', socketOf({ version: 'TLSv1.2' }), undefined)
  t.same([taken(sessions, 'a'), taken(sessions, 'a'), taken(sessions, 'b')], ['s', 's', undefined])
})

t.test(
  'a session stands for its full handshake for a day, and no longer than the certificate lasts; new tickets for old ones change nothing',
  async (t) => {
    const DAY_MS = 86_400_000
    let nowMs = Date.UTC(2026, 0, 1)
    for (const [version, validTo, lastsMs] of [
      ['TLSv1.3', undefined, DAY_MS],
      ['TLSv1.3', 'Jan  1 12:00:00 2027 GMT', DAY_MS],
      ['TLSv1.3', 'Jan  1 12:00:00 2026 GMT', DAY_MS / 2],
      ['TLSv1.2', 'Jan  1 12:00:00 2026 GMT', DAY_MS / 2],
      ['TLSv1.3', 'Dec 31 12:00:00 2025 GMT', DAY_MS],
    ] as const) {
      nowMs = Date.UTC(2026, 0, 1)
      const sessions = new OriginSessions(() => nowMs)
      const certificate = validTo === undefined ? {} : { validTo }
      const full = socketOf({ version, session: 'full', ...certificate })
      sessions.collect('a', full, undefined)
      full.emit('session', Buffer.from('full'))
      nowMs += lastsMs - 1
      const offered = sessions.take('a')
      t.equal(offered?.session.toString(), 'full', `${version} ${validTo}: just before`)
      const resumed = socketOf({ version, isResumed: true, ...certificate })
      sessions.collect('a', resumed, offered)
      resumed.emit('session', Buffer.from('another'))
      nowMs += 1
      t.equal(sessions.take('a'), undefined, `${version} ${validTo}: then`)
    }
  },
)

t.test('nobody listens once there are enough', async (t) => {
  const sessions = new OriginSessions(Date.now)
  const tickets = Array.from({ length: ORIGIN_SESSION_TICKETS }, (_, n) => `${n}`)
  t.equal(connectionOf(sessions, 'a', ...tickets.slice(1)), 1)
  t.equal(connectionOf(sessions, 'a', '0'), 0)
  t.equal(connectionOf(sessions, 'a'), 0, 'not even begun')
  const kept = tickets.map(() => taken(sessions, 'a'))
  t.same(kept.sort(), tickets)
})

t.test('two connections at once do not keep more than the bound', async (t) => {
  const sessions = new OriginSessions(Date.now)
  const pair = [socketOf(), socketOf()]
  for (const secure of pair) sessions.collect('a', secure, undefined)
  for (let n = 0; n < ORIGIN_SESSION_TICKETS; n++)
    for (const [at, secure] of pair.entries()) secure.emit('session', Buffer.from(`${n} ${at}`))
  const kept = new Set<string | undefined>()
  for (let n = 0; n < 3 * ORIGIN_SESSION_TICKETS; n++) kept.add(taken(sessions, 'a'))
  t.equal(kept.size, ORIGIN_SESSION_TICKETS)
})

t.test('the least recently used key goes at the bound; forget forgets one', async (t) => {
  const sessions = new OriginSessions(Date.now)
  for (let n = 0; n < ORIGIN_SESSION_KEYS; n++) connectionOf(sessions, `k${n}`, 'x', 'y')
  t.equal(taken(sessions, 'k0'), 'y', 'used: now the youngest')
  connectionOf(sessions, 'new', 'z')
  t.equal(taken(sessions, 'k1'), undefined)
  t.equal(taken(sessions, 'k0'), 'x')
  sessions.forget('k2')
  t.equal(taken(sessions, 'k2'), undefined)
  t.equal(taken(sessions, 'k3'), 'y')
})

async function resumptions(t: Test, maxVersion: 'TLSv1.2' | 'TLSv1.3', connections: number): Promise<string> {
  const server = createServer({ ...originCertificate(), maxVersion }, (socket) => socket.on('error', () => undefined).end('hello'))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => server.close())
  const sessions = new OriginSessions(Date.now)
  const context = createSecureContext({ ca: ORIGIN_ROOT.certificatePem })
  let verdicts = ''
  for (let n = 0; n < connections; n++) {
    const tcp = connectTcp((server.address() as AddressInfo).port, '127.0.0.1')
    await once(tcp, 'connect')
    const session = sessions.take('a')
    const onVerified = (secure: TLSSocket) => sessions.collect('a', secure, session)
    const host = 'localhost'
    const { secure } = await originate(tcp, { host, sni: host, alpn: [], context, verify: true, session, onVerified, timeoutMs: 5_000 })
    verdicts += secure.isSessionReused() ? 'r' : 'f'
    t.match(secure.getPeerX509Certificate()?.subjectAltName, /DNS:localhost/, 'a resumed one knows the certificate, too')
    secure.resume()
    await once(secure, 'close')
  }
  return verdicts
}

t.test('one after another, every connection but the first resumes', async (t) => {
  t.equal(await resumptions(t, 'TLSv1.2', 8), 'frrrrrrr')
  t.equal(await resumptions(t, 'TLSv1.3', 8), 'frrrrrrr')
})
