/**
 * FaultDice: the same key gives the same numbers, another key others, and they are spread as numbers by chance are.
 */

import t from 'tap'
import { FaultDice } from '../../../src/shared/faults/fault-dice.ts'

const KEY = { seed: 1, rule: 'overloaded', fault: 0, flow: 7, exchange: 0 }

function numbers(key: Partial<typeof KEY>, count = 8): number[] {
  const dice = new FaultDice({ ...KEY, ...key })
  return Array.from({ length: count }, () => dice.next())
}

t.test('the key alone decides', async (t) => {
  t.same(numbers({}), numbers({}))
  const others: Partial<typeof KEY>[] = [
    { seed: 2 },
    { rule: 'overloadee' },
    { rule: '' },
    { fault: 1 },
    { flow: 8 },
    { flow: 7 + 2 ** 32 },
    { exchange: 1 },
    { exchange: 0xffffffff },
  ]
  const firsts = others.map((key) => numbers(key)[0])
  t.equal(new Set([...firsts, numbers({})[0]]).size, others.length + 1)
})

t.test('the numbers of known keys stay: a seed in a report is worth something next year', async (t) => {
  t.same(
    numbers({}, 3).map((number) => Math.floor(number * 1e6)),
    [100588, 375359, 23500],
  )
})

t.test('a probability is met over flows, and over exchanges', async (t) => {
  const count = 20_000
  for (const p of [0.01, 0.1, 0.5, 0.9]) {
    let flows = 0
    let exchanges = 0
    for (let n = 0; n < count; n++) {
      if ((numbers({ flow: n + 1 }, 1)[0] as number) < p) flows++
      if ((numbers({ exchange: n }, 1)[0] as number) < p) exchanges++
    }
    // Five standard deviations: met by chance but once in a million; the keys are fixed, so it is met always or never.
    const bound = 5 * Math.sqrt(count * p * (1 - p))
    t.ok(Math.abs(flows - count * p) < bound, `flows, ${p}: ${flows}`)
    t.ok(Math.abs(exchanges - count * p) < bound, `exchanges, ${p}: ${exchanges}`)
  }
})

t.test('evenly spread: chi-square over 64 cells of first draws, and of one stream', async (t) => {
  const cells = 64
  const count = 64_000
  const stream = new FaultDice(KEY)
  const draws: readonly (readonly [string, (n: number) => number])[] = [
    ['first draws of flows', (n) => numbers({ flow: n }, 1)[0] as number],
    ['first draws of seeds', (n) => numbers({ seed: n }, 1)[0] as number],
    ['one stream', () => stream.next()],
  ]
  for (const [name, draw] of draws) {
    const counts = new Array<number>(cells).fill(0)
    for (let n = 0; n < count; n++) {
      const cell = Math.floor(draw(n) * cells)
      counts[cell] = (counts[cell] as number) + 1
    }
    const expected = count / cells
    const chiSquare = counts.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0)
    // 63 degrees of freedom: mean 63, standard deviation 11.
    t.ok(chiSquare > 20 && chiSquare < 120, `${name}: ${chiSquare}`)
  }
})

t.test('two faults at one candidate are independent', async (t) => {
  let both = 0
  const count = 20_000
  for (let flow = 1; flow <= count; flow++) {
    if ((numbers({ flow }, 1)[0] as number) < 0.5 && (numbers({ flow, fault: 1 }, 1)[0] as number) < 0.5) both++
  }
  t.ok(Math.abs(both - count / 4) < 5 * Math.sqrt((count * 3) / 16), String(both))
})

t.test('whole numbers and the normal distribution', async (t) => {
  const dice = new FaultDice(KEY)
  const seen = new Set(Array.from({ length: 1_000 }, () => dice.integer(6)))
  t.same([...seen].sort(), [0, 1, 2, 3, 4, 5])
  const sample = Array.from({ length: 20_000 }, () => dice.normal())
  const mean = sample.reduce((sum, x) => sum + x, 0) / sample.length
  const variance = sample.reduce((sum, x) => sum + (x - mean) ** 2, 0) / sample.length
  t.ok(Math.abs(mean) < 0.03, String(mean))
  t.ok(Math.abs(variance - 1) < 0.05, String(variance))
})
