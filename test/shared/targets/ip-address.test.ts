/** Mirror test of `src/shared/targets/ip-address.ts`. */

import { isIP } from 'node:net'
import fc from 'fast-check'
import t from 'tap'
import { canonicalAddress, canonicalIpv4, canonicalIpv6, endsInNumber } from '../../../src/shared/targets/ip-address.ts'

t.test('IPv4 in the spellings of inet_aton', async (t) => {
  const rows: [string, string | undefined][] = [
    ['127.0.0.1', '127.0.0.1'],
    ['127.1', '127.0.0.1'],
    ['127.0.1', '127.0.0.1'],
    ['1.2.772', '1.2.3.4'],
    ['2130706433', '127.0.0.1'],
    ['0x7f000001', '127.0.0.1'],
    ['0X7F.0.0.1', '127.0.0.1'],
    ['0177.0.0.01', '127.0.0.1'],
    ['017700000001', '127.0.0.1'],
    ['0', '0.0.0.0'],
    ['4294967295', '255.255.255.255'],
    ['255.16777215', '255.255.255.255'],
    ['1.2.65535', '1.2.255.255'],
    ['4294967296', undefined],
    ['255.16777216', undefined],
    ['1.2.65536', undefined],
    ['1.2.3.256', undefined],
    ['256.1.1.1', undefined],
    ['1.2.3.4.5', undefined],
    ['08.1.1.1', undefined],
    ['0x', undefined],
    ['0x.1', undefined],
    ['1..2', undefined],
    ['', undefined],
    ['1.2.3.4.', undefined],
    ['+1.2.3.4', undefined],
    ['1e3', undefined],
    ['99999999999999999999', undefined],
  ]
  for (const [text, expected] of rows) t.equal(canonicalIpv4(text), expected, text)
})

t.test('IPv6', async (t) => {
  const rows: [string, string | undefined][] = [
    ['::1', '::1'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['2001:DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::FFFF:7f00:1', '127.0.0.1'],
    ['::ffff:0:0', '0.0.0.0'],
    ['::127.0.0.1', '::7f00:1'],
    ['fe80::1%eth0', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['::1::', undefined],
    ['', undefined],
    ['127.0.0.1', undefined],
    ['0'.repeat(50), undefined],
  ]
  for (const [text, expected] of rows) t.equal(canonicalIpv6(text), expected, text)
})

t.test('either, and names', async (t) => {
  t.equal(canonicalAddress('[::1]'), '::1')
  t.equal(canonicalAddress('fe80::1%lo'), 'fe80::1')
  t.equal(canonicalAddress('127.1'), '127.0.0.1')
  t.equal(canonicalAddress('a.example'), undefined)
  t.equal(canonicalAddress(''), undefined)
  t.ok(endsInNumber('a.1'))
  t.ok(endsInNumber('0x1f'))
  t.notOk(endsInNumber('1.a'))
  t.notOk(endsInNumber('0xg'))
})

t.test('property: canonical forms are addresses, and stay as they are', async (t) => {
  const text = fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), fc.string({ maxLength: 24 }), fc.stringMatching(/^[0-9a-fx.:]{0,24}$/))
  const property = fc.property(text, (input) => {
    const canonical = canonicalAddress(input)
    if (canonical === undefined) return isIP(input) === 0
    return isIP(canonical) !== 0 && canonicalAddress(canonical) === canonical
  })
  t.doesNotThrow(() => fc.assert(property, { numRuns: 2_000 }))
})
