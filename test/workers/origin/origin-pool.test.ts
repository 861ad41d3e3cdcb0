/** OriginPool: what is parked comes back as it was, last in first out, bounded; whatever happens to it meanwhile ends it. */

import { once } from 'node:events'
import { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { PARKED_ORIGINS, PARKED_ORIGINS_PER_KEY } from '../../../src/shared/limits/origins.ts'
import { originKey } from '../../../src/workers/origin/origin-key.ts'
import { type OpenOrigin, OriginPool } from '../../../src/workers/origin/origin-pool.ts'

const LONG_MS = 60_000

function open(): OpenOrigin & { readonly secure: Duplex } {
  const secure = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() })
  return { secure: secure as Duplex & TLSSocket, tcp: secure as unknown as OpenOrigin['tcp'] }
}

const keyOf = (host: string, port = 443): string => originKey(host, port, { sni: host, alpn: ['http/1.1'] }, true, '')

t.test('last in, first out, by key; the address is known under any key', async (t) => {
  const pool = new OriginPool()
  const [one, two, other] = [open(), open(), open()]
  t.ok(pool.park(keyOf('a'), one, LONG_MS) && pool.park(keyOf('a'), two, LONG_MS) && pool.park(keyOf('a', 8443), other, LONG_MS))
  t.equal(pool.size, 3)
  t.ok(pool.hasAddress('a', 443))
  t.notOk(pool.hasAddress('a', 44))
  t.equal(pool.take(keyOf('b')), undefined)
  t.equal(pool.take(keyOf('a'))?.secure, two.secure)
  t.equal(pool.take(keyOf('a'))?.secure, one.secure)
  t.equal(pool.take(keyOf('a')), undefined)
  t.notOk(pool.hasAddress('a', 443))
  t.equal(pool.size, 1)
  pool.close()
})

t.test('taken: paused, and nobody listens any more', async (t) => {
  const pool = new OriginPool()
  const { secure, tcp } = open()
  pool.park(keyOf('a'), { secure: secure as TLSSocket, tcp }, 1)
  t.equal(pool.take(keyOf('a'))?.tcp, tcp)
  t.ok(secure.isPaused())
  t.same(
    ['data', 'end', 'error', 'close'].map((event) => secure.listenerCount(event)),
    [0, 0, 0, 0],
  )
  await new Promise((resolve) => setTimeout(resolve, 10))
  t.notOk(secure.destroyed, 'its deadline is gone')
})

t.test('octets, an end, an error, a close and age spoil what is parked', async (t) => {
  const ends: readonly (readonly [name: string, happen: (secure: Duplex) => void])[] = [
    ['octets', (secure) => secure.push('HTTP/1.1 408')],
    ['an end', (secure) => secure.push(null)],
    ['an error', (secure) => secure.destroy(new Error('reset'))],
    ['a close', (secure) => secure.destroy()],
    ['age', () => {}],
  ]
  for (const [name, happen] of ends) {
    const pool = new OriginPool()
    const origin = open()
    const closed = once(origin.secure, 'close').catch(() => {})
    pool.park(keyOf('a'), origin, name === 'age' ? 5 : LONG_MS)
    // The deadline does not keep the process alive: something else must, for as long as it takes.
    const alive = setTimeout(() => {}, 1_000)
    happen(origin.secure)
    await closed
    await new Promise((resolve) => setImmediate(resolve))
    clearTimeout(alive)
    t.ok(origin.secure.destroyed, name)
    t.equal(pool.size, 0, name)
    t.equal(pool.take(keyOf('a')), undefined, name)
    t.notOk(pool.hasAddress('a', 443), name)
  }
})

t.test('bounded per key and in all; close ends everything', async (t) => {
  const pool = new OriginPool()
  const parked: OpenOrigin[] = []
  for (let n = 0; pool.size < PARKED_ORIGINS; n++) {
    const host = `h${Math.floor(n / (PARKED_ORIGINS_PER_KEY + 1))}`
    const origin = open()
    const hadRoom = pool.park(keyOf(host), origin, LONG_MS)
    t.equal(hadRoom, n % (PARKED_ORIGINS_PER_KEY + 1) !== PARKED_ORIGINS_PER_KEY)
    if (hadRoom) parked.push(origin)
  }
  t.equal(pool.park(keyOf('one.more'), open(), LONG_MS), false)
  pool.close()
  t.equal(pool.size, 0)
  t.ok(parked.every(({ secure }) => secure.destroyed))
  t.notOk(pool.hasAddress('h0', 443))
})
