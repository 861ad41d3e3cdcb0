/**
 * The schema of a scenario: phases with faults, the client that runs through them, and what is expected of it. No thread of its own.
 */

import * as z from 'zod'
import { resolvedSchema, type SchemaNode } from '../../shared/options/json-schema.ts'

const MAX_PHASES = 64
const MAX_COUNT = 1_000_000
/** An hour: a test that takes longer is none. */
const MAX_MS = 3_600_000
const DEFAULT_TIMEOUT_MS = 60_000
/** Timers of clients end up to a millisecond early, and clocks of two processes are read. */
const DEFAULT_EARLY_MS = 25

const milliseconds = (doc: string) => z.int().min(0).max(MAX_MS).describe(`${doc}, milliseconds`)

const range = (doc: string, most: number) =>
  z
    .union([
      z.int().min(0).max(most),
      z
        .strictObject({
          min: z.int().min(0).max(most).default(0).describe('at least'),
          max: z.int().min(0).max(most).optional().describe('at most'),
        })
        .refine(({ min, max }) => max === undefined || min <= max, { error: 'is more than max: no number is both', path: ['min'] }),
    ])
    .transform((value) => (typeof value === 'number' ? { min: value, max: value } : value))
    .describe(doc)

const retryAfterSchema = z.strictObject({
  early_ms: milliseconds('how much earlier than asked an attempt may come').default(DEFAULT_EARLY_MS),
  late_ms: milliseconds('how much later than asked it may come; absent: any time').optional(),
})

const expectSchema = z
  .strictObject({
    faults: range('how many faults are injected', MAX_COUNT).optional(),
    attempts: range('attempts of each operation that a fault hit, the first one counted', MAX_COUNT).optional(),
    retried: z.boolean().optional().describe('whether each such operation is attempted again'),
    retry_after: z
      .union([z.literal(true), retryAfterSchema])
      .transform((value) => (value === true ? { early_ms: DEFAULT_EARLY_MS } : value))
      .optional()
      .describe(
        'each attempt waits as long as `retry-after-ms`, or else `retry-after`, of the response before it asks for; true: with the defaults',
      ),
    should_retry: z.literal(true).optional().describe('what `x-should-retry` says is done'),
    backoff_ms: range('the wait before an attempt where no response asked for one, milliseconds', MAX_MS).optional(),
    outcome: z.enum(['succeeded', 'gave_up']).optional().describe('how each such operation ends'),
    statuses: z
      .array(z.int().min(100).max(599))
      .min(1)
      .max(100)
      .optional()
      .describe('statuses that each such operation sees, in order; an attempt without a response has none'),
    exit_code: z.int().min(0).max(255).optional().describe('how the client’s process ends'),
    duration_ms: range('how long the phase takes, milliseconds', MAX_MS).optional(),
  })
  .describe('what must hold; what is left out is not looked at')

const commandSchema = z.array(z.string()).min(1).max(1_000)

const phaseSchema = z.strictObject({
  name: z.string().min(1).max(128).describe('shown in reports'),
  faults: z.array(z.string()).max(64).default([]).describe('faults in one line each, as `--fault` takes them'),
  // Checked with the options, in whose schema they stand.
  rules: z.array(z.record(z.string(), z.unknown())).max(1_000).default([]).describe('rules, as in a configuration (config.schema.json)'),
  run: commandSchema.optional().describe('the client of this phase, in the place of the scenario’s'),
  exchanges: z.int().min(1).max(MAX_COUNT).optional().describe('without a client: the phase ends after so many exchanges'),
  wait_ms: milliseconds('without a client: the phase ends at the latest after this time').optional(),
  expect: expectSchema.default({}),
})

export const scenarioSchema = z
  .strictObject({
    title: z.string().min(1).max(256).describe('shown in reports'),
    run: commandSchema
      .optional()
      .describe(
        'the client: program and arguments; run in each phase with the variables of `soth-mitm exec`; absent: clients from outside',
      ),
    env: z.record(z.string(), z.string()).default({}).describe('further variables of the client'),
    options: z
      .record(z.string(), z.unknown())
      .default({})
      .describe('options of the engine, as in a configuration; `listen` is by default a free port of 127.0.0.1, `admin` off'),
    timeout_ms: z
      .int()
      .min(1)
      .max(MAX_MS)
      .default(DEFAULT_TIMEOUT_MS)
      .describe('for one run of the client; it is ended then, and the phase has failed, milliseconds'),
    phases: z.array(phaseSchema).min(1).max(MAX_PHASES).describe('one after another'),
  })
  .describe('soth-mitm scenario')

export type Scenario = z.output<typeof scenarioSchema>
export type Phase = Scenario['phases'][number]
export type Expectations = Phase['expect']

let published: SchemaNode | undefined

/** `docs/scenario.schema.json`. */
export function scenarioJsonSchema(): SchemaNode {
  published ??= z.toJSONSchema(scenarioSchema, { io: 'input' }) as SchemaNode
  return published
}

let resolved: SchemaNode | undefined

/** The same without references. */
export function resolvedScenarioSchema(): SchemaNode {
  resolved ??= resolvedSchema(scenarioJsonSchema())
  return resolved
}
