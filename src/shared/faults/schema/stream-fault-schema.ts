/**
 * The schema of faults inside a stream: at a server-sent event, a WebSocket message, a gRPC message. No thread of its own.
 *
 * Events and messages are numbered from 0; messages by the side that sends them.
 */

import * as z from 'zod'
import { MAX_DELAY_MS } from '../delay-distribution.ts'
import { triggerKeys } from '../fault-trigger.ts'

const MAX_NUMBER = 1_000_000_000
const MAX_TEXT_CHARS = 65_536

const number = (doc: string) => z.int().min(0).max(MAX_NUMBER).describe(doc)
const milliseconds = (doc: string) => z.int().min(0).max(MAX_DELAY_MS).default(0).describe(`${doc}, milliseconds`)
const sender = z.enum(['client', 'origin']).default('origin').describe('whose messages')

/** A field's value is one line (WHATWG HTML §9.2.5). */
const eventType = z
  .string()
  .max(256)
  .regex(/^[^\r\n\0]*$/, 'is no type of an event')

const positionSchema = z
  .strictObject({
    event: number('number of the event').optional(),
    bytes: z
      .int()
      .min(0)
      .max(Number.MAX_SAFE_INTEGER)
      .optional()
      .describe('octets of the body that pass before; what acts on whole events acts on the first that begins there or later'),
    before_first: z.boolean().default(false).describe('before the first event'),
    in_utf8: z.boolean().default(false).describe('inside a character of several octets, from `event` on'),
    in_data_line: z.boolean().default(false).describe('inside a `data:` line, from `event` on'),
  })
  .prefault({ before_first: true })
  .describe(
    'where; one of `event`, `bytes` and `before_first`, or `in_utf8` or `in_data_line`, from the first event on unless `event` is there',
  )

export type PositionOptions = z.infer<typeof positionSchema>

export const STREAM_FAULTS = [
  z.strictObject({
    kind: z.literal('sse').describe('something happens at a place of an event stream'),
    at: positionSchema,
    action: z
      .enum(['error_event', 'drop', 'stall', 'stall_with_pings', 'duplicate', 'reorder', 'cut', 'end'])
      .default('cut')
      .describe('what happens'),
    type: eventType.default('error').describe('error_event: its type; empty: none is named'),
    data: z
      .string()
      .max(MAX_TEXT_CHARS)
      .default('')
      .describe('error_event: its data; empty: type and data as the API says that it is overloaded'),
    for_ms: milliseconds('stall, stall_with_pings: how long; 0: until the client goes'),
    ping_ms: z.int().min(1).max(MAX_DELAY_MS).default(5_000).describe('stall_with_pings: how often, milliseconds'),
    how: z.enum(['fin', 'reset']).default('fin').describe('cut: an end in mid-body, or a true RST'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('sse_drop_type').describe('events of a type never come'),
    type: eventType.min(1).describe('the type, `message_stop` for instance; `message` where an event names none'),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('websocket').describe('something happens to a message of a WebSocket connection'),
    side: sender,
    message: number('number of the message').default(0),
    action: z.enum(['close', 'drop', 'delay', 'malformed', 'duplicate']).default('close').describe('what happens'),
    code: z.int().min(1_000).max(4_999).default(1_011).describe('close: its code (RFC 6455 §7.4)'),
    reason: z.string().max(123).default('').describe('close: its reason'),
    ms: milliseconds('delay: how long'),
    defect: z
      .enum(['opcode', 'reserved_bits', 'mask'])
      .default('opcode')
      .describe(
        'malformed: a reserved opcode, reserved bits that nothing was agreed about, or a mask where none may be or none where one must',
      ),
    ...triggerKeys,
  }),
  z.strictObject({
    kind: z.literal('grpc_message').describe('something happens to a message of a gRPC call'),
    side: sender,
    message: number('number of the message').default(0),
    action: z.enum(['drop', 'delay', 'duplicate', 'malformed', 'truncate', 'status']).default('status').describe('what happens'),
    ms: milliseconds('delay: how long'),
    status: z.int().min(0).max(16).default(14).describe('status: gRPC status number; 14 is UNAVAILABLE'),
    message_text: z.string().max(1_024).default('').describe('status: gRPC status message'),
    ...triggerKeys,
  }),
] as const
