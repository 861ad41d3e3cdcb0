/**
 * The configuration schema: every option of the engine, its default, its bounds and its meaning, in one place.
 *
 * The same shape is the configuration file (YAML or JSON), the argument of `createEngine` and the published JSON Schema
 * (`docs/config.schema.json`). Keys are snake_case. Parsed once into a frozen, fully defaulted object. No thread of its own.
 */

import * as z from 'zod'
import { ACTIONS } from '../events/schema.ts'
import { MAX_BYPASS_TTL_MS, MAX_LEARNING_WINDOW } from '../limits/tls.ts'
import type { BothSpellings } from './both-spellings.ts'
import { MAX_UNIX_PATH_BYTES } from './listen-address.ts'
import { observeSchema, ruleSchema } from './rule-schema.ts'
import { clientCertificateSchema, connectStrategySchema, tlsSchema } from './tls-schema.ts'

/** Rules of one policy. */
export const MAX_RULES = 200_000

/** What authenticates: to any origin, to Anthropic, Azure, Google, AWS, and by an older habit. */
const SECRET_FIELDS = [
  ...['authorization', 'proxy-authorization', 'cookie', 'set-cookie'],
  ...['x-api-key', 'api-key', 'x-goog-api-key', 'x-amz-security-token', 'x-auth-token'],
]

/** Bearer tokens (RFC 6750 §2.3), OAuth's secrets, keys of APIs (Google's is `key`), signatures of signed URLs. */
const SECRET_PARAMETERS = [
  ...['access_token', 'refresh_token', 'id_token', 'token', 'client_secret', 'password'],
  ...['key', 'api_key', 'apikey', 'api-key', 'sig', 'signature', 'x-amz-signature', 'x-amz-security-token', 'x-goog-signature'],
]

const milliseconds = (defaultMs: number, doc: string) => z.int().min(1).max(86_400_000).default(defaultMs).describe(`${doc}, milliseconds`)

export const optionsSchema = z
  .strictObject({
    listen: z
      .union([z.string(), z.array(z.string()).min(1)])
      .default('127.0.0.1:8080')
      .describe('`host:port`, `[v6]:port`, `:port`, or `unix:/path`; several in a list'),
    admin: z
      .union([z.string(), z.literal(false)])
      .default('127.0.0.1:9090')
      .describe('admin and metrics server; false: none'),
    admin_hosts: z.array(z.string()).default([]).describe('Host header values the admin server answers to, beside its own addresses'),
    workers: z
      .union([z.literal('auto'), z.int().min(0).max(256)])
      .default('auto')
      .describe('shards; 0: sessions run on the main thread'),
    ca_dir: z.string().min(1).default('~/.soth-mitm').describe('directory of the CA key and certificate'),
    log_level: z
      .enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'])
      .default('info')
      .describe('log lines less grave are left out'),
    events: z
      .strictObject({
        file: z.string().optional().describe('NDJSON file, or `-` for standard output'),
        rotate_bytes: z.int().min(65_536).default(268_435_456).describe('a file that has reached this size is rotated'),
        rotate_keep: z.int().min(0).max(1_000).default(4).describe('rotated files kept'),
      })
      .prefault({})
      .describe('where events are written'),
    feed: z
      .strictObject({
        enabled: z.boolean().default(false).describe('serve events over WebSocket at `/events` of the admin server'),
        clients: z.int().min(1).max(128).default(16).describe('clients at a time'),
        queue: z
          .int()
          .min(1)
          .max(65_536)
          .default(4_096)
          .describe('events on their way to one client; what comes beyond is lost to it and announced'),
        origins: z.array(z.string()).default([]).describe('values of Origin whose web pages are served; of all others none is'),
      })
      .prefault({})
      .describe('live event feed; see docs/sinks.md'),
    sidecar: z
      .strictObject({
        listen: z.string().min(1).optional().describe('`unix:/path` or a loopback `host:port` on which gRPC is served; absent: none'),
        clients: z.int().min(1).max(128).default(16).describe('subscribers at a time'),
        queue: z.int().min(1).max(65_536).default(4_096).describe('events on their way to one subscriber, as in `feed.queue`'),
      })
      .prefault({})
      .describe('gRPC service for programs beside the engine; see docs/sinks.md'),
    observe: observeSchema
      .default('metadata')
      .describe(
        'what is read of bodies. none: HTTP only. metadata: SSE events, WebSocket frames and turns, MCP messages, LLM calls. bodies: JSON, NDJSON and msgpack bodies as well',
      ),
    redact_fields: z
      .array(z.string())
      .default(SECRET_FIELDS)
      .describe('fields whose values no event carries; a list here stands in the place of the default'),
    redact_query: z
      .array(z.string())
      .default(SECRET_PARAMETERS)
      .describe(
        'parameters of targets, Referer and Location whose values no event carries; a list here stands in the place of the default',
      ),
    proxy_auth: z
      .strictObject({
        realm: z.string().default('soth-mitm').describe('realm named in the challenge'),
        users: z
          .array(z.strictObject({ name: z.string().min(1).describe('user name'), password: z.string().min(1).describe('password') }))
          .min(1)
          .describe('who may use the proxy'),
      })
      .optional()
      .describe('Basic proxy authentication (RFC 7617)'),
    default_action: z.enum(['intercept', 'tunnel', 'block']).default('intercept').describe('what happens to flows that no rule decides'),
    ignore_hosts: z.array(z.string()).default([]).describe('hosts always tunnelled; wins over every rule'),
    rules: z.array(ruleSchema).max(MAX_RULES).default([]).describe('what happens to which flows, in order; first match wins'),
    mode: z
      .enum(['active', 'shadow'])
      .default('active')
      .describe(
        'shadow: every decision is made and told, and nothing is blocked, edited, faulted or refused; what would be blocked is tunnelled',
      ),
    shadow: z
      .strictObject({
        rules: z.array(ruleSchema).max(MAX_RULES).default([]).describe('its rules, in order'),
        default_action: z.enum(ACTIONS).optional().describe('absent: that of the policy in force'),
        ignore_hosts: z.array(z.string()).optional().describe('absent: those of the policy in force'),
      })
      .optional()
      .describe('another policy beside the one in force: where it would decide otherwise, `policy_difference` tells'),
    shadow_policy: z
      .string()
      .min(1)
      .optional()
      .describe('the same from a configuration file, whose rules, `default_action` and `ignore_hosts` count'),
    fault_seed: z
      .int()
      .min(0)
      .max(0xffff_ffff)
      .default(0)
      .describe('what the draws of all faults come from: the same seed and traffic give the same faults'),
    fault_profiles: z
      .array(z.string().min(1))
      .max(64)
      .default([])
      .describe('files of fault profiles beside those that are shipped; one of the same name stands in the place of a shipped one'),
    learning: z
      .strictObject({
        enabled: z.boolean().default(false).describe('tunnel hosts for clients that have shown by alerts that they do not trust our CA'),
        window: z.int().min(1).max(MAX_LEARNING_WINDOW).default(8).describe('outcomes of a client and host looked back at'),
        threshold: z.int().min(1).max(MAX_LEARNING_WINDOW).default(3).describe('trust failures among them that make a bypass'),
        ttl_ms: z.int().min(1).max(MAX_BYPASS_TTL_MS).default(86_400_000).describe('a bypass ends after this time, milliseconds'),
        capacity: z.int().min(1).max(1_000_000).default(10_000).describe('pairs of client and host remembered'),
        exclude_hosts: z.array(z.string()).default([]).describe('hosts never bypassed, as in `ignore_hosts`; learned ones are revoked'),
        bypasses: z
          .array(
            z.strictObject({
              client: z.string().describe('IP address of the client'),
              host: z.string().min(1).max(253).describe('exact host, as clients ask for it'),
            }),
          )
          .max(100_000)
          .default([])
          .describe('bypasses in force without having been learned, also where learning is off'),
      })
      .prefault({})
      .describe('learned bypasses; see docs/tls-failures.md'),
    providers: z
      .strictObject({
        socket: z
          .string()
          .min(1)
          .max(MAX_UNIX_PATH_BYTES)
          .optional()
          .describe('Unix socket on which TLS outcomes of other proxies are taken; absent: none'),
      })
      .prefault({})
      .describe('external TLS providers; see adapters/mitmproxy/README.md'),
    http2_enabled: z.boolean().default(true).describe('offer h2 to origins where the client does'),
    http2_max_header_list_size: z.int().min(1_024).max(1_048_576).default(65_536).describe('octets, RFC 9113 §6.5.2'),
    http3_passthrough: z
      .boolean()
      .default(true)
      .describe(
        'leave Alt-Svc in place, so that clients may move to HTTP/3 past the proxy; false: Alt-Svc is removed from responses, ALTSVC frames from HTTP/2, and requests for UDP (RFC 9298) are refused',
      ),
    connect_strategy: connectStrategySchema.default('eager'),
    tls: tlsSchema,
    upstream: z
      .strictObject({
        verify: z.boolean().default(true).describe('verify origin certificates'),
        extra_ca_file: z
          .string()
          .optional()
          .describe(
            'certificates in PEM trusted beside the bundled and system roots, which may be intermediates or a server’s own; read again, as the system’s, at each reload',
          ),
        reuse: z.boolean().default(true).describe('park idle, clean HTTP/1.1 connections to origins for the next client'),
        client_certificates: z
          .array(clientCertificateSchema)
          .max(1_024)
          .default([])
          .describe('for origins that ask for one; the first whose hosts match is given'),
        via: z.boolean().default(false).describe('add a Via field to plain proxied requests'),
      })
      .prefault({})
      .describe('our side towards origins'),
    limits: z
      .strictObject({
        sessions: z
          .union([z.literal('auto'), z.int().min(1)])
          .default('auto')
          .describe('open client connections; auto: from the descriptor limit'),
        head_bytes: z.int().min(1_024).max(1_048_576).default(65_536).describe('octets of one message head'),
        head_fields: z.int().min(8).max(10_000).default(256).describe('field lines in one head'),
        head_timeout_ms: milliseconds(10_000, 'for a client to send its first head'),
        connect_timeout_ms: milliseconds(10_000, 'for DNS and TCP connect to an origin'),
        handshake_timeout_ms: milliseconds(10_000, 'for each TLS handshake'),
        idle_timeout_ms: milliseconds(600_000, 'without a byte in either direction'),
        sse_idle_timeout_ms: milliseconds(3_600_000, 'the same, while a response is an event stream'),
        streamable_http_idle_timeout_ms: milliseconds(3_600_000, 'the same, while an MCP exchange is open'),
        ws_idle_timeout_ms: milliseconds(3_600_000, 'the same, of WebSocket connections'),
        ws_turn_idle_ms: milliseconds(30_000, 'without a message, after which a WebSocket turn is complete'),
        drain_timeout_ms: milliseconds(30_000, 'for flows to end after SIGTERM'),
        leaf_cache: z.int().min(16).max(100_000).default(1_024).describe('certificates and contexts kept per worker'),
        metric_hosts: z.int().min(0).max(10_000).default(100).describe('hosts with their own label; the rest is `other`'),
      })
      .prefault({})
      .describe('bounds on memory and time'),
  })
  .describe('soth-mitm configuration')

/** What a user writes: every key optional, in snake_case or camelCase. */
export type EngineOptionsInput = BothSpellings<z.input<typeof optionsSchema>>
/** What the engine runs on: frozen and fully defaulted. */
export type EngineOptions = z.output<typeof optionsSchema>
