/**
 * The schema of a rule: which flows and requests it is for, what it decides, and what it carries. No thread of its own.
 */

import * as z from 'zod'
import { ACTIONS } from '../events/schema.ts'
import { ruleFaultSchema } from '../faults/fault-schema.ts'
import { editSchema } from './edit-schema.ts'

/** How much of what bodies carry becomes events. */
export const OBSERVE_LEVELS = ['none', 'metadata', 'bodies'] as const

const hostPatterns = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .describe('exact host, `.suffix` (it and its subdomains), `*.suffix` (subdomains only), glob with `*` and `?`, IP address or CIDR block')

const captureSchema = z.strictObject({
  body_bytes: z
    .int()
    .min(0)
    .max(1_048_576)
    .default(0)
    .describe('octets of each body to put into its chunk events, and of each SSE event, WebSocket message and decoded value into theirs'),
})

export const observeSchema = z.enum(OBSERVE_LEVELS)

export const ruleSchema = z
  .strictObject({
    name: z.string().min(1).max(128).optional().describe('shown in events and logs; `rule-<n>` where absent'),
    match: z
      .strictObject({
        host: hostPatterns.optional(),
        port: z
          .union([z.int().min(1).max(65_535), z.array(z.int().min(1).max(65_535)).min(1)])
          .optional()
          .describe('port of the origin'),
        client: z
          .union([z.string(), z.array(z.string()).min(1)])
          .optional()
          .describe('client address: IP or CIDR block'),
        sni: hostPatterns.optional().describe('name asked for in the ClientHello; patterns as in host'),
        method: z
          .union([z.string(), z.array(z.string()).min(1)])
          .optional()
          .describe('request method, as it is sent'),
        path: z
          .union([z.string(), z.array(z.string()).min(1)])
          .optional()
          .describe('request path: exact (any query), with `*`, with a query, or `re:` and a regular expression in linear time'),
      })
      .default({})
      .describe('all given conditions must hold; an empty match always holds'),
    action: z.enum(ACTIONS).optional().describe('absent: the rule only carries options for what the next matching rule decides'),
    status: z.int().min(400).max(599).default(403).describe('block: status answered'),
    body: z.string().max(65_536).optional().describe('block: body answered'),
    edit: editSchema.optional().describe('fields of heads to set or remove'),
    capture: captureSchema.optional().describe('what events carry beyond metadata'),
    observe: observeSchema.optional().describe('in the place of the general `observe`'),
    strict: z.boolean().optional().describe('false: relay ambiguous HTTP/1.1 framing opaquely instead of refusing it'),
    verify_upstream: z.boolean().optional().describe('false: accept any origin certificate'),
    fault: ruleFaultSchema.optional(),
    fault_headers: z.boolean().optional().describe('true: clients may ask for a fault by the field `x-soth-fault`, which is not forwarded'),
  })
  .describe('first match wins')

export type RuleOptions = z.output<typeof ruleSchema>
