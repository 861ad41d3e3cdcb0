/** PrefixTable yields the rules of exactly those prefixes that hold the address: the table against a linear search. */

import fc from 'fast-check'
import t from 'tap'
import { Candidates } from '../../../../src/shared/policy/hosts/candidates.ts'
import { type IpWords, parseIpAddress } from '../../../../src/shared/policy/hosts/ip-address.ts'
import { type IpPrefix, maskWords, parseIpPrefix, prefixContains } from '../../../../src/shared/policy/hosts/ip-prefix.ts'
import { END, PostingLists } from '../../../../src/shared/policy/hosts/posting-lists.ts'
import { PrefixTable } from '../../../../src/shared/policy/hosts/prefix-table.ts'

function rulesFor(prefixes: readonly IpPrefix[], address: IpWords): number[] {
  const postings = new PostingLists()
  const table = new PrefixTable(postings)
  for (const [rule, prefix] of prefixes.entries()) table.add(prefix, rule)
  const candidates = new Candidates(postings)
  table.collect(address, candidates)
  const rules: number[] = []
  for (let rule = candidates.take(); rule !== END; rule = candidates.take()) rules.push(rule)
  return rules
}

t.test('lengths and families side by side', async (t) => {
  const prefixes = ['0.0.0.0/0', '10.0.0.0/8', '10.1.0.0/16', '10.1.2.3', '::/0', '2001:db8::/32', '10.1.2.3'].map(parseIpPrefix)
  const table: readonly (readonly [address: string, rules: readonly number[]])[] = [
    ['10.1.2.3', [0, 1, 2, 3, 6]],
    ['10.1.2.4', [0, 1, 2]],
    ['10.2.2.3', [0, 1]],
    ['11.1.2.3', [0]],
    ['2001:db8:1::', [4, 5]],
    ['2001:db9::', [4]],
    ['::ffff:10.1.2.3', [0, 1, 2, 3, 6]],
  ]
  for (const [address, rules] of table) t.same(rulesFor(prefixes, parseIpAddress(address) ?? []), rules, address)
})

t.test('property: as a linear search finds them', async () => {
  // Few bits differ, so that prefixes hold addresses often.
  const words = fc.oneof(
    fc.tuple(fc.constantFrom(0, 1, 0x8000), fc.constantFrom(0, 1, 0xffff)),
    fc.tuple(...Array.from({ length: 8 }, () => fc.constantFrom(0, 1))),
  ) as fc.Arbitrary<number[]>
  const prefix = fc.tuple(words, fc.nat(128)).map(([address, size]): IpPrefix => {
    const length = Math.min(size, address.length * 16)
    return { words: maskWords(address, length), length }
  })
  fc.assert(
    fc.property(fc.array(prefix, { maxLength: 20 }), words, (prefixes, address) => {
      const expected = [...prefixes.keys()].filter((rule) => prefixContains(prefixes[rule] as IpPrefix, address))
      return rulesFor(prefixes, address).join() === expected.join()
    }),
  )
})
