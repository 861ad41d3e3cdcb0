/** originKey: connections that differ in anything that matters have different keys; the offer is the client's own, less h2. */

import t from 'tap'
import { originKey, originOffer } from '../../../src/workers/origin/origin-key.ts'
import { bareHello } from '../../support/octets/bare-hello.ts'

t.test('every part of a key counts', async (t) => {
  const keys = [
    originKey('a', 1, { sni: 'a', alpn: ['h2', 'http/1.1'] }, true, ''),
    originKey('b', 1, { sni: 'a', alpn: ['h2', 'http/1.1'] }, true, ''),
    originKey('a', 2, { sni: 'a', alpn: ['h2', 'http/1.1'] }, true, ''),
    originKey('a', 1, { sni: 'b', alpn: ['h2', 'http/1.1'] }, true, ''),
    originKey('a', 1, { sni: undefined, alpn: ['h2', 'http/1.1'] }, true, ''),
    originKey('a', 1, { sni: 'a', alpn: ['http/1.1', 'h2'] }, true, ''),
    originKey('a', 1, { sni: 'a', alpn: [] }, true, ''),
    originKey('a', 1, { sni: 'a', alpn: ['h2', 'http/1.1'] }, false, ''),
    originKey('a', 1, { sni: 'a', alpn: ['h2', 'http/1.1'] }, true, 'x'),
  ]
  t.equal(new Set(keys).size, keys.length)
  t.equal(originKey('a', 1, { sni: 'a', alpn: ['x'] }, true, ''), originKey('a', 1, { sni: 'a', alpn: ['x'] }, true, ''))
})

t.test('the offer', async (t) => {
  const hello = bareHello({ sni: 'a.example', alpn: ['h2', 'spdy/3', 'http/1.1'] })
  t.same(originOffer(hello, true), { sni: 'a.example', alpn: ['h2', 'spdy/3', 'http/1.1'] })
  t.same(originOffer(hello, false), { sni: 'a.example', alpn: ['spdy/3', 'http/1.1'] })
  t.same(originOffer(bareHello(), true), { sni: undefined, alpn: [] })
})
