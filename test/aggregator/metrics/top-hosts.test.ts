/** TopHosts: bounded, monotonic series, the busy hosts get in, the set does not flap. */

import t from 'tap'
import { TopHosts } from '../../../src/aggregator/metrics/top-hosts.ts'
import { HOST_CANDIDATES } from '../../../src/shared/limits/aggregator.ts'
import { seededRandom } from '../../support/chunkings.ts'

const CELLS = [{ side: 'client' }, { side: 'upstream' }]
const MINUTE_MS = 60_000

function hosts(top: TopHosts): string[] {
  return [...new Set(top.samples().map((sample) => String(sample.labels['host'])))].sort()
}

function total(top: TopHosts): number {
  return top.samples().reduce((sum, sample) => sum + sample.value, 0)
}

t.test('while there is room every host has its label, with exact counts per cell', (t) => {
  const top = new TopHosts(2, CELLS)
  top.add('a', 0)
  top.add('a', 1)
  top.add('b', 0)
  top.add('c', 0)
  t.same(top.samples(), [
    { labels: { host: 'a', side: 'client' }, value: 1 },
    { labels: { host: 'a', side: 'upstream' }, value: 1 },
    { labels: { host: 'b', side: 'client' }, value: 1 },
    { labels: { host: 'other', side: 'client' }, value: 1 },
  ])
  t.end()
})

t.test('a busier host replaces the weakest at a scrape, with twice its score, and counts from then on', (t) => {
  const top = new TopHosts(2, CELLS)
  for (let n = 0; n < 10; n++) top.add('strong', 0)
  for (let n = 0; n < 3; n++) top.add('weak', 0)
  for (let n = 0; n < 6; n++) top.add('new', 0)
  top.rebalance(0)
  t.same(hosts(top), ['other', 'strong', 'weak'], 'twice the score is not enough, it must be more')
  top.add('new', 0)
  t.same(hosts(top), ['other', 'strong', 'weak'], 'not between scrapes')
  top.rebalance(1)
  top.add('new', 1)
  t.same(
    top.samples().map((sample) => [sample.labels['host'], sample.labels['side'], sample.value]),
    [
      ['strong', 'client', 10],
      ['new', 'upstream', 1],
      ['other', 'client', 7],
    ],
    'what was counted as other stays there',
  )
  t.end()
})

t.test('hosts of equal rank do not take turns', (t) => {
  const top = new TopHosts(5, CELLS)
  const random = seededRandom(3)
  for (let n = 0; n < 5; n++) top.add(`h${n}`, 0)
  const before = hosts(top)
  for (let scrape = 0; scrape < 50; scrape++) {
    for (let n = 0; n < 200; n++) top.add(`h${Math.floor(random() * 10)}`, 0)
    top.rebalance(scrape * 1_000)
  }
  const after = hosts(top)
  t.ok(before.filter((host) => after.includes(host)).length >= before.length - 1, `${before} → ${after}`)
  t.end()
})

t.test('a flood of single hosts is bounded and drives out no busy one; every series is monotonic', (t) => {
  const top = new TopHosts(10, CELLS)
  const random = seededRandom(1)
  let previous = new Map<string, number>()
  let events = 0
  for (let scrape = 0; scrape < 100; scrape++) {
    for (let n = 0; n < 1_000; n++) {
      events++
      // Ten busy hosts, which begin after the flood, have half of the traffic.
      const busy = scrape > 10 && random() < 0.5
      top.add(busy ? `busy${Math.floor(random() * 10)}` : `flood${events}`, 0)
    }
    top.rebalance(scrape * MINUTE_MS)
    const samples = new Map(top.samples().map((sample) => [String(sample.labels['host']), sample.value]))
    t.ok(samples.size <= 11, 'bounded')
    for (const [host, value] of samples)
      if ((previous.get(host) ?? 0) > value) t.fail(`${host} fell from ${previous.get(host)} to ${value}`)
    previous = samples
  }
  t.equal(hosts(top).filter((host) => host.startsWith('busy')).length, 10, 'the busy hosts have their labels')
  t.end()
})

t.test('yesterday’s hosts make room', (t) => {
  const top = new TopHosts(1, CELLS)
  for (let n = 0; n < 1_000; n++) top.add('old', 0)
  top.rebalance(0)
  for (let minute = 1; minute <= 240; minute++) {
    for (let n = 0; n < 3; n++) top.add('fresh', 0)
    top.rebalance(minute * MINUTE_MS)
  }
  t.same(hosts(top), ['fresh', 'other'])
  t.end()
})

t.test('no label for what is no host name, nor where none is wanted; nothing is lost from the sum', (t) => {
  const top = new TopHosts(5, CELLS)
  for (const host of ['', 'other', 'x'.repeat(254)]) top.add(host, 0)
  top.rebalance(0)
  t.same(top.samples(), [{ labels: { host: 'other', side: 'client' }, value: 3 }])
  const none = new TopHosts(0, CELLS)
  for (let n = 0; n < HOST_CANDIDATES * 3; n++) none.add(`h${n % 3}`, 0)
  none.rebalance(0)
  t.equal(total(none), HOST_CANDIDATES * 3)
  t.same(hosts(none), ['other'])
  t.end()
})
