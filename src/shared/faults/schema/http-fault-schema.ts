/**
 * The schema of faults of an HTTP exchange: its status, its head, the framing of its body. No thread of its own.
 */

import * as z from 'zod'
import { FIELD_VALUE, FIELD_VALUE_CHARS, TOKEN } from '../../http/field-syntax.ts'
import { delayKeys, MAX_DELAY_MS } from '../delay-distribution.ts'
import { triggerKeys } from '../fault-trigger.ts'

const MAX_BODY_CHARS = 65_536
const MAX_FIELDS = 64

/** Fields that frame a body. */
const FRAMING = /^(?:content-length|transfer-encoding)$/i

const octets = (doc: string) => z.int().min(0).max(Number.MAX_SAFE_INTEGER).default(0).describe(doc)
const fields = z
  .record(z.string().regex(TOKEN, 'is no field name'), z.string().max(FIELD_VALUE_CHARS).regex(FIELD_VALUE, 'is no field value'))
  .refine((map) => Object.keys(map).length <= MAX_FIELDS, { error: `has more than ${MAX_FIELDS} fields` })
  .refine((map) => !Object.keys(map).some((name) => FRAMING.test(name)), {
    error: 'says how long the body is, which the engine does: use wrong_content_length or truncate_body for what is false',
  })
  .default({})

export const HTTP_FAULTS = [
  z.strictObject({
    kind: z.literal('respond').describe('the client gets this response'),
    status: z.int().min(200).max(599).default(500).describe('its status'),
    body: z
      .union([z.string().max(MAX_BODY_CHARS), z.record(z.string(), z.unknown()), z.array(z.unknown())])
      .default('')
      .describe('its body: a text, or a JSON value'),
    content_type: z
      .string()
      .max(FIELD_VALUE_CHARS)
      .regex(FIELD_VALUE, 'is no field value')
      .optional()
      .describe('absent: JSON of a JSON value, else plain text'),
    fields: fields.describe('further fields'),
    instead_of: z
      .enum(['request', 'response'])
      .default('request')
      .describe('request: the origin never sees the request. response: the origin has answered, and its answer is dropped'),
    delay_ms: z.int().min(0).max(MAX_DELAY_MS).default(0).describe('it waits so long before, milliseconds'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('first_byte_delay').describe('the response waits before its head'),
    ...delayKeys,
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('truncate_body').describe('the body ends early'),
    after_bytes: octets('octets that pass before'),
    ending: z
      .enum(['keep_length_and_close', 'clean', 'reset'])
      .default('keep_length_and_close')
      .describe('keep_length_and_close: a close in mid-body. clean: as if it were complete. reset: a true RST, or RST_STREAM'),
    side: z.enum(['client', 'origin']).default('origin').describe('whose body: that of the request, or of the response'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('corrupt_gzip').describe('an octet of a coded response body is altered'),
    after_bytes: octets('octets that pass before'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('malformed_chunk').describe('HTTP/1.1: a chunk of the response has no length that can be read'),
    after_bytes: octets('octets of the body that pass before'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('wrong_content_length').describe('the Content-Length of the response does not fit its body'),
    delta: z.int().min(-1_000_000_000).max(1_000_000_000).default(1).describe('octets that it says too many, or with a minus too few'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('h2_reset').describe('HTTP/2: RST_STREAM'),
    code: z.int().min(0).max(0xffff_ffff).default(2).describe('error code (RFC 9113 §7); 2 is INTERNAL_ERROR'),
    after_bytes: octets('octets of the response body that pass before'),
    before_head: z.boolean().default(false).describe('before the head of the response'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('h2_goaway').describe('HTTP/2: GOAWAY'),
    code: z.int().min(0).max(0xffff_ffff).default(0).describe('error code (RFC 9113 §7); 0 is NO_ERROR'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('grpc_status').describe('gRPC: a response of trailers only'),
    status: z.int().min(0).max(16).default(14).describe('gRPC status number; 14 is UNAVAILABLE'),
    message: z.string().max(1_024).default('').describe('gRPC status message'),
    fields: fields.describe('further fields'),
    ...triggerKeys,
  }),
] as const
