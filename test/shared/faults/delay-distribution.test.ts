/** drawDelay: each distribution has its mean and bounds; nothing is negative or beyond the most. */

import t from 'tap'
import { type DelayOptions, drawDelay, MAX_DELAY_MS } from '../../../src/shared/faults/delay-distribution.ts'
import { FaultDice } from '../../../src/shared/faults/fault-dice.ts'

const NONE: DelayOptions = { distribution: 'fixed', ms: 0, min_ms: 0, max_ms: 0, mean_ms: 0, stddev_ms: 0, shape: 3, scale: 0 }

function sample(options: Partial<DelayOptions>, count = 20_000) {
  const dice = new FaultDice({ seed: 1, rule: 'r', fault: 0, flow: 1, exchange: 0 })
  const delays = Array.from({ length: count }, () => drawDelay({ ...NONE, ...options }, dice))
  return { mean: delays.reduce((sum, ms) => sum + ms, 0) / count, least: Math.min(...delays), most: Math.max(...delays) }
}

const CASES: readonly (readonly [Partial<DelayOptions>, mean: number, least: number, most: number])[] = [
  [{ distribution: 'fixed', ms: 40 }, 40, 40, 40],
  [{ distribution: 'uniform', min_ms: 10, max_ms: 30 }, 20, 10, 30],
  [{ distribution: 'normal', mean_ms: 100, stddev_ms: 10 }, 100, 50, 150],
  // Cut at 0, half of it is there: the mean of the other half is σ/√(2π).
  [{ distribution: 'normal', mean_ms: 0, stddev_ms: 10 }, 10 / Math.sqrt(2 * Math.PI), 0, 50],
  // scale × shape/(shape − 1)
  [{ distribution: 'pareto', shape: 3, scale: 20 }, 30, 20, MAX_DELAY_MS],
  [{ distribution: 'fixed', ms: 10 * MAX_DELAY_MS }, MAX_DELAY_MS, MAX_DELAY_MS, MAX_DELAY_MS],
]

for (const [options, expected, least, most] of CASES) {
  t.test(JSON.stringify(options), async (t) => {
    const seen = sample(options)
    t.ok(Math.abs(seen.mean - expected) <= expected * 0.05, `mean ${seen.mean}`)
    t.ok(seen.least >= least && seen.most <= most, `${seen.least} … ${seen.most}`)
  })
}
