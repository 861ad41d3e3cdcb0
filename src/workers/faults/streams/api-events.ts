/**
 * The events that APIs send when a stream goes wrong, or to keep it alive: each in its own shape, by the request that was made.
 * Worker thread.
 */

import type { FaultOf } from '../../../shared/faults/schema/fault-schema.ts'
import { type LlmApi, recognizeLlmTarget } from '../../layers/llm/llm-api.ts'

/** Type, empty where the API names none, and data. */
type ApiEvent = readonly [type: string, data: string]

/** OpenAI's APIs of chat and completions send an object where a delta would be, without a type. */
const OPENAI: ApiEvent = [
  '',
  '{"error":{"message":"The server had an error while processing your request. Sorry about that!","type":"server_error","param":null,"code":null}}',
]
const ERRORS: Readonly<Record<LlmApi, ApiEvent>> = {
  anthropic_messages: ['error', '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}'],
  openai_chat: OPENAI,
  openai_completions: OPENAI,
  openai_responses: [
    'error',
    '{"type":"error","code":"server_is_overloaded","message":"Our servers are currently overloaded. Please try again later.","param":null,"sequence_number":0}',
  ],
  gemini: ['', '{"error":{"code":503,"message":"The model is overloaded. Please try again later.","status":"UNAVAILABLE"}}'],
}
const ANY_ERROR = '{"error":"overloaded"}'

/** Anthropic's; all others keep a connection alive with comments, if at all. */
const ANTHROPIC_PING: ApiEvent = ['ping', '{"type":"ping"}']
const COMMENT = Buffer.from(': ping\n\n')

/** The error event of `options`; without data of its own, that of the API that `method` and `target` ask. */
export function errorEvent({ type, data }: Pick<FaultOf<'sse'>, 'type' | 'data'>, method: string, target: string): Uint8Array {
  if (data !== '') return encoded([type, data])
  const api = recognizeLlmTarget(method, target)?.api
  return encoded(api === undefined ? [type, ANY_ERROR] : ERRORS[api])
}

export function pingEvent(method: string, target: string): Uint8Array {
  return recognizeLlmTarget(method, target)?.api === 'anthropic_messages' ? encoded(ANTHROPIC_PING) : COMMENT
}

/** A line of data is a field of its own (WHATWG HTML §9.2.6). */
function encoded([type, data]: ApiEvent): Uint8Array {
  const lines = data.split(/\r\n|\n|\r/).map((line) => `data: ${line}\n`)
  return Buffer.from(`${type === '' ? '' : `event: ${type}\n`}${lines.join('')}\n`)
}
