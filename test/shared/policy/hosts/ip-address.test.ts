/**
 * IP addresses as words: standard forms, every loose IPv4 spelling, and names that are none.
 */

import t from 'tap'
import { parseHostAddress, parseIpAddress } from '../../../../src/shared/policy/hosts/ip-address.ts'

t.test('standard forms', async (t) => {
  t.same(parseIpAddress('192.0.2.1'), [0xc000, 0x0201])
  t.same(parseIpAddress('2001:db8::1'), [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1])
  t.same(parseIpAddress('[::1]'), [0, 0, 0, 0, 0, 0, 0, 1])
  t.same(parseIpAddress('::'), [0, 0, 0, 0, 0, 0, 0, 0])
  t.same(parseIpAddress('1:2:3:4:5:6:7:8'), [1, 2, 3, 4, 5, 6, 7, 8])
  t.same(parseIpAddress('1::8'), [1, 0, 0, 0, 0, 0, 0, 8])
  t.same(parseIpAddress('fe80::1%eth0'), [0xfe80, 0, 0, 0, 0, 0, 0, 1])
  t.same(parseIpAddress('::ffff:192.0.2.1'), [0xc000, 0x0201], 'mapped')
  t.same(parseIpAddress('::ffff:c000:201'), [0xc000, 0x0201], 'mapped, in hex')
  t.same(parseIpAddress('64:ff9b::192.0.2.1'), [0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x0201])
  for (const text of ['', 'localhost', '1.2.3', '1.2.3.256', '1.2.3.04.5', ':::', '1::2::3', 'g::1', '[1.2.3.4]', '1.2.3.4%x']) {
    t.equal(parseIpAddress(text), undefined, JSON.stringify(text))
  }
})

t.test('loose IPv4, as getaddrinfo reads it', async (t) => {
  const loopback = [0x7f00, 1]
  for (const host of [
    '127.0.0.1',
    '127.1',
    '127.0.1',
    '2130706433',
    '0x7f000001',
    '0x7f.1',
    '0177.0.0.01',
    '017700000001',
    '0x7f.0x0.0.01',
  ]) {
    t.same(parseHostAddress(host), loopback, host)
  }
  t.same(parseHostAddress('4294967295'), [0xffff, 0xffff])
  for (const host of [
    '4294967296',
    '256.1',
    '1.2.3.4.5',
    '08',
    '0x',
    '1.0x100.1.1',
    '1.2.65536',
    'a.1',
    '1.2.3.4x',
    'example.com',
    'v2',
    'x',
    '1..2',
    '.1',
  ]) {
    t.equal(parseHostAddress(host), undefined, host)
  }
  t.same(parseHostAddress('::1'), [0, 0, 0, 0, 0, 0, 0, 1])
  t.same(parseHostAddress('fe80::abcd'), [0xfe80, 0, 0, 0, 0, 0, 0, 0xabcd])
})
