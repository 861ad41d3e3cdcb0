/**
 * The methods of MCP, over all revisions up to 2026-07-28. Worker thread.
 */

import type { JsonRpcMessage } from '../json-rpc/json-rpc-message.ts'

/** Methods that are MCP by name alone; `initialize` and `shutdown` are also the Language Server Protocol's. */
const METHODS = new Set(['ping', 'server/discover', 'subscriptions/listen'])

const PREFIXES = [
  'tools/',
  'resources/',
  'prompts/',
  'sampling/',
  'roots/',
  'tasks/',
  'completion/',
  'elicitation/',
  'logging/',
  'notifications/',
]

/** Whether a message, by its own looks, is MCP: a known method, or an `initialize` with what MCP's must have. */
export function isMcpMessage(message: JsonRpcMessage): boolean {
  if (message.kind !== 'request' && message.kind !== 'notification') return false
  const method = message.method
  if (method === 'initialize') return message.initializes
  return METHODS.has(method) || PREFIXES.some((prefix) => method.startsWith(prefix))
}

/** Revisions are dates, so they compare as text. From this one on, POSTs mirror method and name in header fields. */
const MIRRORED_HEADERS_SINCE = '2026-07-28'

/** Whether `version` is a date and that of a revision with mirrored header fields. */
export function mirrorsHeaders(version: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= MIRRORED_HEADERS_SINCE
}

/** Whether a request of `method` must carry `Mcp-Name`. */
export function needsName(method: string): boolean {
  return method === 'tools/call' || method === 'resources/read' || method === 'prompts/get'
}
