/**
 * ProviderEvent: one line that an external TLS provider writes, checked. Untrusted text in, an event or a sentence out. Main
 * thread.
 *
 * What is authoritative is decided here, not by the provider (design §5): hudsucker's outcomes never are; mitmproxy's are where
 * what it reports is a word of a peer or of its own OpenSSL, and not an end or a silence. A provider may claim less, never more.
 */

import { isIP } from 'node:net'
import * as z from 'zod'
import { messageOf } from '../../shared/errors.ts'
import { TLS_PHASES, TLS_REASONS, TLS_SIDES, TLS_SOURCES } from '../../shared/events/schema.ts'
import { PROVIDER_DETAIL_CHARACTERS, PROVIDER_NAME_CHARACTERS } from '../../shared/limits/providers.ts'

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const HAS_CONTROL_OR_SPACE = /[\x00-\x20\x7f]/

const name = z.string().max(PROVIDER_NAME_CHARACTERS)
/** Empty where the provider does not know it; else what a name or an address can be: learning and logs go by it. */
const host = name.refine((text) => !HAS_CONTROL_OR_SPACE.test(text), 'has a space or a control character')
const client = name.refine((text) => text === '' || isIP(clientIp(text)) !== 0, 'is no IP address, with a port or without')

const eventSchema = z.strictObject({
  provider: z.enum(['mitmproxy', 'hudsucker']),
  event: z.enum(['tls_handshake_started', 'tls_handshake_succeeded', 'tls_handshake_failed', 'flow_closed']),
  side: z.enum(TLS_SIDES),
  host,
  port: z.int().min(0).max(65_535),
  /** `ip:port`, `[v6]:port`, or an address alone. */
  client,
  /** What the provider calls the connection: events with the same text become one flow. */
  flow: name.min(1).optional(),
  reason: z.enum(TLS_REASONS).optional(),
  sub_reason: name.optional(),
  alert: z.int().min(0).max(255).optional(),
  phase: z.enum(TLS_PHASES).optional(),
  source: z.enum(TLS_SOURCES).optional(),
  sni: name.optional(),
  alpn: name.optional(),
  version: name.optional(),
  cipher: name.optional(),
  detail: z.string().max(PROVIDER_DETAIL_CHARACTERS).optional(),
})

export type ProviderEvent = z.output<typeof eventSchema> & { readonly source: (typeof TLS_SOURCES)[number] }
type Line = z.output<typeof eventSchema>

/** Reasons that rest on something said: an alert, a verification, foreign octets. */
const SAID: ReadonlySet<Line['reason']> = new Set<Line['reason']>([
  'unknown_ca',
  'cert_validation',
  'handshake_alert',
  'upstream_cert_invalid',
  'not_tls',
])

/** The event of one line, or what is wrong with it in one sentence. */
export function parseProviderEvent(text: string): ProviderEvent | string {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return `not JSON: ${messageOf(error)}`
  }
  const parsed = eventSchema.safeParse(value)
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join('.') || 'line'}: ${issue.message}`).join('; ')
  const line = parsed.data
  const problem = contradiction(line)
  return problem ?? { ...line, source: sourceOf(line) }
}

/** What no handshake can have been: a failure without a reason, a reason without a failure, an alert of another class. */
function contradiction({ event, reason, alert, side }: Line): string | undefined {
  const failed = event === 'tls_handshake_failed'
  if (failed && reason === undefined) return 'reason: a failure needs one'
  if (!failed && (reason !== undefined || alert !== undefined)) return `reason, alert: only tls_handshake_failed has them, not ${event}`
  if (reason === 'upstream_cert_invalid' && side !== 'upstream') return 'side: upstream_cert_invalid is of side upstream'
  if (alert === undefined) return undefined
  if ((reason === 'unknown_ca') !== (alert === 48)) return `alert: ${alert} is not the alert of reason ${reason}`
  if ((reason === 'cert_validation') !== (alert >= 42 && alert <= 46)) return `alert: ${alert} is not the alert of reason ${reason}`
  return undefined
}

function sourceOf({ event, provider, reason, source }: Line): ProviderEvent['source'] {
  if (provider === 'hudsucker' || source === 'inferred') return 'inferred'
  return event !== 'tls_handshake_failed' || SAID.has(reason) ? 'authoritative' : 'inferred'
}

/** The address of `ip:port`, `[v6]:port` or an address alone, as clients are known by. */
export function clientIp(client: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(client)?.[1]
  const ip = bracketed ?? (client.split(':').length === 2 ? client.slice(0, client.indexOf(':')) : client)
  return ip.startsWith('::ffff:') ? ip.slice('::ffff:'.length) : ip
}
