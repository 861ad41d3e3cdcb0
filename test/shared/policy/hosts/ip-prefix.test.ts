/**
 * IP prefixes: parsing, refusals, containment at every length.
 */

import { BlockList } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { parseIpAddress } from '../../../../src/shared/policy/hosts/ip-address.ts'
import { maskWords, parseIpPrefix, prefixContains } from '../../../../src/shared/policy/hosts/ip-prefix.ts'

const holds = (prefix: string, address: string) => prefixContains(parseIpPrefix(prefix), parseIpAddress(address) ?? [])

t.test('containment', async (t) => {
  t.ok(holds('10.0.0.0/8', '10.255.1.2'))
  t.notOk(holds('10.0.0.0/8', '11.0.0.0'))
  t.ok(holds('192.0.2.1', '192.0.2.1'))
  t.notOk(holds('192.0.2.1', '192.0.2.2'))
  t.ok(holds('0.0.0.0/0', '8.8.8.8'))
  t.ok(holds('10.0.0.0/8', '::ffff:10.1.1.1'), 'a mapped client')
  t.ok(holds('::ffff:10.0.0.0/104', '10.1.1.1'), 'a mapped prefix')
  t.ok(holds('2001:db8::/33', '2001:db8:7fff::'))
  t.notOk(holds('2001:db8::/33', '2001:db8:8000::'))
  t.notOk(holds('::/0', '8.8.8.8'), 'IPv4 is no part of ::/0')
})

t.test('refusals', async (t) => {
  for (const text of [
    '',
    'x',
    '10.0.0.0/33',
    '::/129',
    '10.0.0.0/',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0.1/8',
    '2001:db8::1/32',
    '/8',
    '::ffff:10.0.0.0/95',
  ]) {
    t.throws(() => parseIpPrefix(text), { name: 'ConfigError' }, JSON.stringify(text))
  }
})

t.test('agrees with node:net BlockList', async () => {
  const word = fc.integer({ min: 0, max: 0xffff })
  const v6 = (words: readonly number[]) => words.map((part) => part.toString(16)).join(':')
  const octet = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(
      fc.array(word, { minLength: 8, maxLength: 8 }),
      fc.integer({ min: 0, max: 128 }),
      fc.integer({ min: 0, max: 127 }),
      (words, length, flip) => {
        if (words.slice(0, 5).every((part) => part === 0)) return true
        const base = v6(maskWords(words, length))
        const probe = v6(words.map((part, at) => (at === flip >> 4 ? part ^ (1 << (flip & 15)) : part)))
        const list = new BlockList()
        list.addSubnet(base, length, 'ipv6')
        return list.check(probe, 'ipv6') === holds(`${base}/${length}`, probe)
      },
    ),
  )
  fc.assert(
    fc.property(
      fc.tuple(octet, octet, octet, octet),
      fc.integer({ min: 1, max: 32 }),
      fc.integer({ min: 0, max: 31 }),
      (octets, length, flip) => {
        const [high = 0, low = 0] = maskWords(parseIpAddress(octets.join('.')) ?? [], length)
        const base = [high >> 8, high & 255, low >> 8, low & 255].join('.')
        const probe = octets.map((part, at) => (at === flip >> 3 ? part ^ (1 << (flip & 7)) : part)).join('.')
        const list = new BlockList()
        list.addSubnet(base, length)
        return list.check(probe) === holds(`${base}/${length}`, probe)
      },
    ),
  )
})
