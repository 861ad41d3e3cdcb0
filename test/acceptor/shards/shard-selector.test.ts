/** Mirror test of `src/acceptor/shards/shard-selector.ts`. */

import fc from 'fast-check'
import t from 'tap'
import { ShardSelector } from '../../../src/acceptor/shards/shard-selector.ts'

const idle = () => 0
const hosts = Array.from({ length: 10_000 }, (_, n) => `host-${n}.example`)

t.test('a host has one home, wherever the selector is made', async (t) => {
  for (const host of hosts.slice(0, 500)) t.equal(new ShardSelector(7).select(host, idle), new ShardSelector(7).select(host, idle))
})

t.test('homes are spread evenly', async (t) => {
  const selector = new ShardSelector(8)
  const counts = new Array<number>(8).fill(0)
  for (const host of hosts) counts[selector.select(host, idle)] = (counts[selector.select(host, idle)] ?? 0) + 1
  for (const count of counts) t.ok(count > 800 && count < 1_800, `${count} of 10,000 hosts`)
})

t.test('one shard more moves its share of the hosts, and no other', async (t) => {
  const [before, after] = [new ShardSelector(8), new ShardSelector(9)]
  const moved = hosts.filter((host) => before.select(host, idle) !== after.select(host, idle))
  t.ok(moved.length < 0.2 * hosts.length, `${moved.length} of 10,000 hosts moved`)
  t.ok(moved.every((host) => after.select(host, idle) === 8))
})

t.test('a hot host spills in a fixed order, and no shard carries more than 1.05 times the mean', async (t) => {
  const selector = new ShardSelector(4)
  const loads = [0, 0, 0, 0]
  const order: number[] = []
  for (let n = 0; n < 1_000; n++) {
    const shard = selector.select('hot.example', (at) => loads[at] as number)
    if (!order.includes(shard)) order.push(shard)
    loads[shard] = (loads[shard] as number) + 1
    const bound = Math.ceil((1.05 * (n + 1)) / 4)
    t.ok(Math.max(...loads) <= bound, `${loads} at ${n + 1}`)
  }
  t.equal(order[0], selector.select('hot.example', idle))
  t.ok(order.length < 5)
})

t.test('dead shards get nothing', async (t) => {
  const selector = new ShardSelector(3)
  for (const host of hosts.slice(0, 300))
    t.equal(
      selector.select(host, (shard) => (shard === 1 ? 5 : -1)),
      1,
    )
  t.equal(
    selector.select('a.example', () => -1),
    -1,
  )
})

t.test('property: a living shard below the bound is always found', async () => {
  const loads = fc.array(fc.integer({ min: -1, max: 10_000 }), { minLength: 1, maxLength: 16 })
  fc.assert(
    fc.property(fc.string(), loads, (host, list) => {
      const shard = new ShardSelector(list.length).select(host, (at) => list[at] as number)
      const alive = list.filter((load) => load >= 0)
      if (alive.length === 0) return shard === -1
      const bound = Math.ceil((1.05 * (alive.reduce((sum, load) => sum + load, 0) + 1)) / alive.length)
      return shard !== -1 && (list[shard] as number) >= 0 && (list[shard] as number) < bound
    }),
  )
})
