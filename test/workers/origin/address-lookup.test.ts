/** Mirror test of `src/workers/origin/address-lookup.ts`. */

import type { LookupAddress } from 'node:dns'
import t from 'tap'
import { LOOKUP_KEPT, LOOKUP_KEPT_MS } from '../../../src/shared/limits/origins.ts'
import { AddressLookup } from '../../../src/workers/origin/address-lookup.ts'

type Told = (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void

const ADDRESSES: LookupAddress[] = [{ address: '192.0.2.1', family: 4 }]

function setUp() {
  const asked: { readonly hostname: string; readonly tell: Told }[] = []
  const clock = { now: 0 }
  const addresses = new AddressLookup(
    (hostname, _options, tell) => void asked.push({ hostname, tell }),
    () => clock.now,
  )
  const find = (hostname: string) =>
    new Promise<LookupAddress[]>((resolve, reject) => {
      addresses.find(hostname, { all: true }, (error, found) => (error === null ? resolve(found) : reject(error)))
    })
  return { asked, clock, addresses, find }
}

t.test('names below localhost are this machine, and are asked for as that (RFC 6761 §6.3)', async (t) => {
  const { asked, find } = setUp()
  const found = Promise.all(['a.localhost', 'B.C.LocalHost', 'a.localhost.', 'localhost'].map(find))
  t.same(
    asked.map(({ hostname }) => hostname),
    ['localhost'],
  )
  asked[0]?.tell(null, ADDRESSES)
  t.same(await found, [ADDRESSES, ADDRESSES, ADDRESSES, ADDRESSES])
  for (const hostname of ['xlocalhost', 'localhost.example', '.localhost.example']) void find(hostname)
  t.same(
    asked.slice(1).map(({ hostname }) => hostname),
    ['xlocalhost', 'localhost.example', '.localhost.example'],
  )
})

t.test('asks once for all who wait, and for whoever comes within the moment', async (t) => {
  const { asked, clock, find } = setUp()
  const both = Promise.all([find('a.test'), find('a.test')])
  t.equal(asked.length, 1)
  asked[0]?.tell(null, ADDRESSES)
  t.same(await both, [ADDRESSES, ADDRESSES])
  clock.now = LOOKUP_KEPT_MS - 1
  t.same(await find('a.test'), ADDRESSES)
  t.equal(asked.length, 1)
  clock.now = LOOKUP_KEPT_MS
  const late = find('a.test')
  t.equal(asked.length, 2, 'the answer has had its time')
  asked[1]?.tell(null, [])
  t.same(await late, [])
})

t.test('tells nobody before find has returned', async (t) => {
  const { asked, addresses, find } = setUp()
  const first = find('a.test')
  asked[0]?.tell(null, ADDRESSES)
  await first
  let told = false
  const again = new Promise<void>((resolve) => {
    addresses.find('a.test', { all: true }, () => {
      told = true
      resolve()
    })
  })
  t.notOk(told)
  await again
  t.ok(told)
})

t.test('a failure is told to all who wait, and not remembered', async (t) => {
  const { asked, find } = setUp()
  const both = [find('a.test'), find('a.test')]
  asked[0]?.tell(Object.assign(new Error('none'), { code: 'ENOTFOUND' }), [])
  for (const each of both) await t.rejects(each, { code: 'ENOTFOUND' })
  const again = find('a.test')
  t.equal(asked.length, 2)
  asked[1]?.tell(null, ADDRESSES)
  t.same(await again, ADDRESSES)
})

t.test('remembers so many, the oldest goes first', async (t) => {
  const { asked, find } = setUp()
  for (let n = 0; n <= LOOKUP_KEPT; n++) {
    const found = find(`h${n}.test`)
    asked.at(-1)?.tell(null, ADDRESSES)
    await found
  }
  await find('h1.test')
  t.equal(asked.length, LOOKUP_KEPT + 1)
  void find('h0.test')
  t.equal(asked.length, LOOKUP_KEPT + 2)
})
