/**
 * The schema of a rule: which flows and requests it is for, what it decides, and what it carries. No thread of its own.
 */

import * as z from 'zod'
import { ACTIONS } from '../events/schema.ts'
import { ruleFaultSchema } from '../faults/schema/fault-schema.ts'
import { TOKEN } from '../http/field-syntax.ts'
import { RULE_PROTOCOLS } from '../policy/conditions/request-protocols.ts'
import { WEEK_DAYS } from '../policy/conditions/time-window.ts'
import { editSchema } from './edit-schema.ts'
import { connectStrategySchema, upstreamTlsSchema } from './tls-schema.ts'

/** How much of what bodies carry becomes events. */
const OBSERVE_LEVELS = ['none', 'metadata', 'bodies'] as const

/** Characters of a rule's name. */
export const RULE_NAME_CHARS = 128

const hostPatterns = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .describe('exact host, `.suffix` (it and its subdomains), `*.suffix` (subdomains only), glob with `*` and `?`, IP address or CIDR block')

const domainNames = z
  .union([z.string(), z.array(z.string()).min(1)])
  .transform((value) => (typeof value === 'string' ? [value] : value))
  .describe('a domain that is registered (`example.co.uk`) and every name below it; a public suffix is refused')

const texts = z.union([z.string().min(1).max(256), z.array(z.string().min(1).max(256)).min(1)])

const valuePatterns = z.union([z.string(), z.array(z.string()).min(1)]).transform((value) => (typeof value === 'string' ? [value] : value))

const port = z.union([z.int().min(1).max(65_535), z.string().regex(/^\d{1,5}-\d{1,5}$/, 'is no range of ports')])

const beginning = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'is no time of day at which a window can begin, 00:00 to 23:59')

const end = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$|^24:00$/, 'is no time of day, 00:00 to 24:00')

const timeWindowSchema = z.strictObject({
  days: z.array(z.enum(WEEK_DAYS)).min(1).optional().describe('days of the week on which it begins; absent: every day'),
  from: beginning.default('00:00').describe('`HH:MM`'),
  to: end.default('24:00').describe('`HH:MM`, not included; before `from`: on the next day'),
  zone: z.string().default('UTC').describe('IANA time zone'),
})

const ownMilliseconds = (doc: string) => z.int().min(1).max(86_400_000).optional().describe(`${doc}, milliseconds`)

const limitsSchema = z.strictObject({
  connect_timeout_ms: ownMilliseconds('for DNS and TCP connect to the origin'),
  handshake_timeout_ms: ownMilliseconds('for each TLS handshake'),
  idle_timeout_ms: ownMilliseconds('without a byte in either direction'),
  sse_idle_timeout_ms: ownMilliseconds('the same, while a response is an event stream'),
  streamable_http_idle_timeout_ms: ownMilliseconds('the same, while an MCP exchange is open'),
  ws_idle_timeout_ms: ownMilliseconds('the same, of WebSocket connections'),
})

/** RFC 9110 §8.3.1. */
const MEDIA_TYPE = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+\/[!#$%&'*+\-.^_`|~0-9A-Za-z]+(?:\s*;[\t\x20-\x7e]*)?$/
const BODY_CHARS = 65_536

const blockBody = z.union([z.string().max(BODY_CHARS), z.record(z.string(), z.unknown()), z.array(z.unknown())])

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
    name: z.string().min(1).max(RULE_NAME_CHARS).optional().describe('shown in events and logs; `rule-<n>` where absent'),
    match: z
      .strictObject({
        host: hostPatterns.optional(),
        port: z
          .union([port, z.array(port).min(1)])
          .optional()
          .describe('port of the origin, or a range of ports as in `8000-8999`'),
        client: z
          .union([z.string(), z.array(z.string()).min(1)])
          .optional()
          .describe('client address: IP or CIDR block'),
        domain: domainNames.optional(),
        user: texts.optional().describe('user of a client on this machine (Linux), by name or number'),
        process: texts.optional().describe('program of a client on this machine (Linux): name of its file, `*` and `?` allowed'),
        time: z
          .union([timeWindowSchema, z.array(timeWindowSchema).min(1)])
          .optional()
          .describe('times of the week; of several any'),
        sni: hostPatterns.optional().describe('name asked for in the ClientHello; patterns as in host'),
        method: z
          .union([z.string(), z.array(z.string()).min(1)])
          .optional()
          .describe('request method, as it is sent'),
        path: z
          .union([z.string(), z.array(z.string()).min(1)])
          .optional()
          .describe('request path: exact (any query), with `*`, with a query, or `re:` and a regular expression in linear time'),
        ja4: texts.optional().describe('JA4 fingerprint of the ClientHello, `*` and `?` allowed'),
        protocol: z
          .union([z.enum(RULE_PROTOCOLS), z.array(z.enum(RULE_PROTOCOLS)).min(1)])
          .optional()
          .describe('what a request speaks; `tunnel`: octets that turn out not to be HTTP'),
        field: z
          .record(z.string().regex(TOKEN, 'is no field name'), valuePatterns)
          .optional()
          .describe(
            'request fields by name, each with a value, a glob with `*`, or `re:` and a regular expression; of several any; `*`: it is there',
          ),
      })
      .default({})
      .describe('all given conditions must hold; an empty match always holds'),
    action: z.enum(ACTIONS).optional().describe('absent: the rule only carries options for what the next matching rule decides'),
    status: z.int().min(400).max(599).default(403).describe('block: status answered'),
    body: blockBody.optional().describe('block: body answered, as text or as a JSON value'),
    content_type: z
      .string()
      .max(256)
      .regex(MEDIA_TYPE, 'is no media type')
      .optional()
      .describe('block: media type of `body`; by default `text/plain; charset=utf-8`, and `application/json` of a JSON value'),
    edit: editSchema.optional().describe('fields of heads to set or remove'),
    capture: captureSchema.optional().describe('what events carry beyond metadata'),
    observe: observeSchema.optional().describe('in the place of the general `observe`'),
    strict: z.boolean().optional().describe('false: relay ambiguous HTTP/1.1 framing opaquely instead of refusing it'),
    verify_upstream: z.boolean().optional().describe('false: accept any origin certificate'),
    http2_enabled: z.boolean().optional().describe('false: h2 is not offered to the origin, and so not spoken with the client'),
    connect_strategy: connectStrategySchema.optional(),
    upstream_tls: upstreamTlsSchema
      .optional()
      .describe('what TLS may negotiate with the origin, in the place of the general `tls.upstream`'),
    request_client_certificate: z
      .boolean()
      .optional()
      .describe('true: ask the client for a certificate, require none, and tell whose it is in the event of the handshake'),
    strip_alt_svc: z.boolean().optional().describe('true: Alt-Svc is removed from responses, so that clients do not leave for HTTP/3'),
    redact_fields: z
      .array(z.string().toLowerCase())
      .optional()
      .describe('fields whose values no event carries of the connections or requests that the rule is about, beside the general ones'),
    limits: limitsSchema.optional().describe('bounds of the connection, in the place of the general `limits`'),
    fault: ruleFaultSchema.optional(),
    fault_headers: z.boolean().optional().describe('true: clients may ask for a fault by the field `x-soth-fault`, which is not forwarded'),
  })
  .describe('first match wins')

export type RuleOptions = z.output<typeof ruleSchema>
