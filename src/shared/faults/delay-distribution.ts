/**
 * How long a fault delays: the keys of a distribution, and a draw from it. No thread of its own.
 *
 *     fixed     ms
 *     uniform   min_ms … max_ms
 *     normal    mean_ms, stddev_ms, cut at 0
 *     pareto    scale × (1 − u)^(−1/shape): at least `scale`, with a long tail
 */

import * as z from 'zod'
import type { FaultDice } from './fault-dice.ts'

/** Five minutes: beyond it a client has long given up, and a connection would be held for nothing. */
export const MAX_DELAY_MS = 300_000

const delay = (doc: string) => z.number().min(0).max(MAX_DELAY_MS).default(0).describe(`${doc}, milliseconds`)

export const delayKeys = {
  distribution: z.enum(['fixed', 'uniform', 'normal', 'pareto']).default('fixed').describe('how the delays are spread'),
  ms: delay('fixed: the delay'),
  min_ms: delay('uniform: the shortest'),
  max_ms: delay('uniform: the longest'),
  mean_ms: delay('normal: the mean'),
  stddev_ms: delay('normal: the standard deviation'),
  shape: z.number().min(0.1).max(1_000).default(3).describe('pareto: the larger, the shorter the tail'),
  scale: delay('pareto: the shortest delay'),
} as const

const delaySchema = z.strictObject(delayKeys)
export type DelayOptions = z.output<typeof delaySchema>

/** Names of the keys that a distribution is made of. */
export const DELAY_NAMES: Readonly<Record<DelayOptions['distribution'], readonly (keyof DelayOptions)[]>> = {
  fixed: ['ms'],
  uniform: ['min_ms', 'max_ms'],
  normal: ['mean_ms', 'stddev_ms'],
  pareto: ['shape', 'scale'],
}

/** A delay, ms: from 0 to MAX_DELAY_MS. */
export function drawDelay(options: DelayOptions, dice: FaultDice): number {
  return Math.min(MAX_DELAY_MS, Math.max(0, draw(options, dice)))
}

function draw(options: DelayOptions, dice: FaultDice): number {
  switch (options.distribution) {
    case 'fixed':
      return options.ms
    case 'uniform':
      return options.min_ms + (options.max_ms - options.min_ms) * dice.next()
    case 'normal':
      return options.mean_ms + options.stddev_ms * dice.normal()
    case 'pareto':
      return options.scale * (1 - dice.next()) ** (-1 / options.shape)
  }
}
