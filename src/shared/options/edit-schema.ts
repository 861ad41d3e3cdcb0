/**
 * The schema of field edits: which fields of heads a rule sets or removes. No thread of its own.
 *
 * Fields that decide framing, routing or the connection cannot be edited: what is relayed is the message as it came, and a
 * field that says otherwise would make two readers disagree about it.
 */

import * as z from 'zod'
import { FIELD_VALUE, FIELD_VALUE_CHARS, TOKEN } from '../http/field-syntax.ts'

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

const fieldName = z
  .string()
  .regex(TOKEN, 'is no field name')
  .refine((name) => !NOT_EDITABLE.has(name.toLowerCase()), { error: 'frames or routes the message and cannot be edited' })

const sectionSchema = z.strictObject({
  set: z
    .record(fieldName, z.string().max(FIELD_VALUE_CHARS).regex(FIELD_VALUE, 'is no field value'))
    .default({})
    .describe('fields to have these values: replaced where they are, else added'),
  remove: z.array(fieldName).default([]).describe('fields to leave out'),
})

export const editSchema = z.strictObject({
  request: sectionSchema.optional().describe('edits of request heads'),
  response: sectionSchema.optional().describe('edits of response heads'),
})

export type HeadEdits = z.output<typeof sectionSchema>
