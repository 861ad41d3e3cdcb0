/**
 * The schema of field edits: which fields of heads a rule sets or removes. No thread of its own.
 *
 * Fields that decide framing, routing or the connection cannot be edited: what is relayed is the message as it came, and a
 * field that says otherwise would make two readers disagree about it.
 */

import * as z from 'zod'

/** RFC 9112 §6.1–6.3 (framing), RFC 9110 §7.2 (routing), §7.6.1 (connection). */
const NOT_EDITABLE: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])
/** RFC 9110 §5.1. */
export const FIELD_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/
/** RFC 9110 §5.5, without what needs quoting care: visible ASCII, space and tab inside. */
const VALUE = /^(?:[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?)?$/
const MAX_VALUE_CHARS = 8_192

const fieldName = z
  .string()
  .regex(FIELD_NAME, 'is no field name')
  .refine((name) => !NOT_EDITABLE.has(name.toLowerCase()), { error: 'frames or routes the message and cannot be edited' })

const sectionSchema = z.strictObject({
  set: z
    .record(fieldName, z.string().max(MAX_VALUE_CHARS).regex(VALUE, 'is no field value'))
    .default({})
    .describe('fields to have these values: replaced where they are, else added'),
  remove: z.array(fieldName).default([]).describe('fields to leave out'),
})

export const editSchema = z.strictObject({
  request: sectionSchema.optional().describe('edits of request heads'),
  response: sectionSchema.optional().describe('edits of response heads'),
})

export type HeadEdits = z.output<typeof sectionSchema>
