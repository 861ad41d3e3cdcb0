/**
 * Where the APIs put what the LLM observer wants to know: one set of JSON places for all of them, for they hardly overlap, and
 * an answer's shape is known only by them. Worker thread.
 */

import { compileJsonPaths, type JsonPath } from '../json/json-paths.ts'

export const ROOT = 0
export const ELEMENT = 1
export const TYPE = 2
export const OBJECT = 3
export const MODEL = 4
export const RESPONSE_ID = 5
export const STOP_REASON = 6
export const CONTENT = 7
export const CANDIDATES = 8
export const STATUS = 9
export const ERROR = 10
export const ERROR_TYPE = 11
export const ERROR_MESSAGE = 12
export const EVENT_CODE = 13
export const EVENT_MESSAGE = 14
export const USAGE_INPUT = 20
export const USAGE_OUTPUT = 21
export const USAGE_CACHED = 22
export const USAGE_CACHE_WRITTEN = 23
export const USAGE_REASONING = 24
export const USAGE_TOTAL = 25

/** Anthropic Messages: events `message_start`, `content_block_delta`, `message_delta`, …, and the whole message. */
const ANTHROPIC: readonly JsonPath[] = [
  [TYPE, 'type'],
  [MODEL, 'message', 'model'],
  [RESPONSE_ID, 'message', 'id'],
  ...usage('message', 'usage'),
  [STOP_REASON, 'stop_reason'],
  [STOP_REASON, 'delta', 'stop_reason'],
  [CONTENT, 'delta', 'text'],
  [CONTENT, 'delta', 'thinking'],
  [CONTENT, 'delta', 'partial_json'],
  [CONTENT, 'content', '*', 'text'],
  [CONTENT, 'content', '*', 'thinking'],
  [CONTENT, 'content', '*', 'name'],
]

/** OpenAI Chat Completions and Completions, and the many that speak them; `usage` serves Anthropic and Responses as well. */
const OPENAI: readonly JsonPath[] = [
  [OBJECT, 'object'],
  [MODEL, 'model'],
  [RESPONSE_ID, 'id'],
  ...usage('usage'),
  ...usage('x_groq', 'usage'),
  [STOP_REASON, 'choices', '*', 'finish_reason'],
  [CONTENT, 'choices', '*', 'text'],
  [CONTENT, 'choices', '*', 'delta', 'content'],
  [CONTENT, 'choices', '*', 'delta', 'reasoning'],
  [CONTENT, 'choices', '*', 'delta', 'reasoning_content'],
  [CONTENT, 'choices', '*', 'delta', 'refusal'],
  [CONTENT, 'choices', '*', 'delta', 'tool_calls', '*', 'function', 'arguments'],
  [CONTENT, 'choices', '*', 'message', 'content'],
  [CONTENT, 'choices', '*', 'message', 'refusal'],
  [CONTENT, 'choices', '*', 'message', 'tool_calls', '*', 'function', 'name'],
]

/** OpenAI Responses: events `response.*`, of which `….delta` carry content, and the whole response. */
const RESPONSES: readonly JsonPath[] = [
  [MODEL, 'response', 'model'],
  [RESPONSE_ID, 'response', 'id'],
  [STATUS, 'status'],
  [STATUS, 'response', 'status'],
  [STOP_REASON, 'incomplete_details', 'reason'],
  [STOP_REASON, 'response', 'incomplete_details', 'reason'],
  ...usage('response', 'usage'),
  [CONTENT, 'delta'],
  [CONTENT, 'output', '*', 'content', '*', 'text'],
  [CONTENT, 'output', '*', 'content', '*', 'refusal'],
  [CONTENT, 'output', '*', 'name'],
  [ERROR, 'response', 'error'],
  [ERROR_TYPE, 'response', 'error', 'code'],
  [ERROR_MESSAGE, 'response', 'error', 'message'],
  [EVENT_CODE, 'code'],
  [EVENT_MESSAGE, 'message'],
]

const GEMINI: readonly JsonPath[] = [
  [CANDIDATES, 'candidates'],
  [MODEL, 'modelVersion'],
  [RESPONSE_ID, 'responseId'],
  [STOP_REASON, 'candidates', '*', 'finishReason'],
  [STOP_REASON, 'promptFeedback', 'blockReason'],
  [CONTENT, 'candidates', '*', 'content', 'parts', '*', 'text'],
  [CONTENT, 'candidates', '*', 'content', 'parts', '*', 'functionCall', 'name'],
  [USAGE_INPUT, 'usageMetadata', 'promptTokenCount'],
  [USAGE_OUTPUT, 'usageMetadata', 'candidatesTokenCount'],
  [USAGE_CACHED, 'usageMetadata', 'cachedContentTokenCount'],
  [USAGE_REASONING, 'usageMetadata', 'thoughtsTokenCount'],
  [USAGE_TOTAL, 'usageMetadata', 'totalTokenCount'],
  [ERROR_TYPE, 'error', 'status'],
]

const ERRORS: readonly JsonPath[] = [
  [ERROR, 'error'],
  [ERROR_TYPE, 'error', 'type'],
  [EVENT_CODE, 'error', 'code'],
  [ERROR_MESSAGE, 'error', 'message'],
]

const DOCUMENT: readonly JsonPath[] = [...ANTHROPIC, ...OPENAI, ...RESPONSES, ...GEMINI, ...ERRORS]

/** An event's data or a response; Gemini streams without `alt=sse` are one array of them. */
export const RESPONSE_PATHS = compileJsonPaths([
  [ROOT],
  [ELEMENT, '*'],
  ...DOCUMENT,
  ...DOCUMENT.map(([path, ...segments]): JsonPath => [path, '*', ...segments]),
])

export const REQUEST_MODEL = 0
export const REQUEST_STREAM = 1
export const REQUEST_INPUT = 2

/** A request: model, stream flag, and the member that makes it one. */
export const REQUEST_PATHS = compileJsonPaths([
  [REQUEST_MODEL, 'model'],
  [REQUEST_STREAM, 'stream'],
  [REQUEST_INPUT, 'messages'],
  [REQUEST_INPUT, 'input'],
  [REQUEST_INPUT, 'contents'],
  [REQUEST_INPUT, 'prompt'],
])

/** The token counts under a `usage` object, by the names of Anthropic and of both OpenAI APIs. */
function usage(...at: string[]): JsonPath[] {
  return [
    [USAGE_INPUT, ...at, 'input_tokens'],
    [USAGE_INPUT, ...at, 'prompt_tokens'],
    [USAGE_OUTPUT, ...at, 'output_tokens'],
    [USAGE_OUTPUT, ...at, 'completion_tokens'],
    [USAGE_CACHED, ...at, 'cache_read_input_tokens'],
    [USAGE_CACHED, ...at, 'prompt_tokens_details', 'cached_tokens'],
    [USAGE_CACHED, ...at, 'input_tokens_details', 'cached_tokens'],
    [USAGE_CACHE_WRITTEN, ...at, 'cache_creation_input_tokens'],
    [USAGE_REASONING, ...at, 'completion_tokens_details', 'reasoning_tokens'],
    [USAGE_REASONING, ...at, 'output_tokens_details', 'reasoning_tokens'],
    [USAGE_TOTAL, ...at, 'total_tokens'],
  ]
}
