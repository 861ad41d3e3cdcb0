/**
 * When a fault happens: the keys that every kind of fault has, beside its own. No thread of its own.
 *
 * A *candidate* is an exchange, a handshake or a connection that the fault's rule holds for. Of the candidates the keys let
 * through, in this order: `schedule`, `skip`, `every` or `probability`, `times`, `max_active`.
 */

import * as z from 'zod'

/** A day: longer waits outlive what they test. */
const MAX_MS = 86_400_000
const MAX_COUNT = 1_000_000_000

const scheduleSchema = z
  .strictObject({
    start_ms: z.int().min(0).max(MAX_MS).default(0).describe('when it begins, after the start of the engine or its last reload'),
    duration_ms: z.int().min(1).max(MAX_MS).describe('how long it lasts'),
    period_ms: z.int().min(1).max(MAX_MS).optional().describe('it begins again so long after its last beginning; absent: once'),
  })
  .describe('the only time in which the fault happens')

export const triggerKeys = {
  probability: z.number().min(0).max(1).default(1).describe('share of the candidates that it happens to'),
  every: z.int().min(1).max(MAX_COUNT).optional().describe('happens to every n-th candidate, in the place of `probability`'),
  times: z.int().min(1).max(MAX_COUNT).optional().describe('happens at most so often until the next start or reload'),
  skip: z.int().min(0).max(MAX_COUNT).default(0).describe('the first n candidates pass'),
  schedule: scheduleSchema.optional(),
  max_active: z.int().min(1).max(MAX_COUNT).optional().describe('acts on at most so many exchanges or connections at a time'),
  seed: z.int().min(0).max(0xffff_ffff).optional().describe('in the place of `fault_seed`'),
  profile: z.string().min(1).max(128).optional().describe('shown in events: the profile that it comes from, which the engine writes here'),
} as const

/** The keys where a profile has values of its own, which only what is written here replaces. */
export const optionalTriggerKeys = {
  ...triggerKeys,
  probability: triggerKeys.probability.unwrap().optional().describe('share of the candidates that it happens to'),
  skip: triggerKeys.skip.unwrap().optional().describe('the first n candidates pass'),
} as const

const triggerSchema = z.strictObject(triggerKeys)
export type FaultTrigger = z.output<typeof triggerSchema>
export type FaultSchedule = z.output<typeof scheduleSchema>

export const TRIGGER_NAMES: ReadonlySet<string> = new Set(Object.keys(triggerKeys))
