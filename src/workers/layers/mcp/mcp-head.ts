/**
 * What the head of a request says about MCP, taken out of the field section while that is valid. Worker thread.
 */

import type { FieldSection } from '../../../shared/http/field-section.ts'
import { isJsonType, mediaType } from '../http/media-type.ts'

export interface McpRequestHead {
  readonly method: string
  readonly target: string
  readonly authority: string
  /** Empty where the field is absent. */
  readonly sessionId: string
  readonly protocolVersion: string
  readonly lastEventId: string
  readonly mcpMethod: string
  readonly mcpName: string
  readonly json: boolean
  /** Accept lists `text/event-stream`. */
  readonly acceptsEvents: boolean
}

export interface McpResponseHead {
  readonly status: number
  readonly sessionId: string
  readonly eventStream: boolean
  readonly json: boolean
}

export function readMcpRequest(method: string, target: string, authority: string, fields: FieldSection): McpRequestHead {
  return {
    method,
    target,
    authority,
    sessionId: fields.first('mcp-session-id') ?? '',
    protocolVersion: fields.first('mcp-protocol-version') ?? '',
    lastEventId: fields.first('last-event-id') ?? '',
    mcpMethod: fields.first('mcp-method') ?? '',
    mcpName: mirroredValue(fields.first('mcp-name') ?? ''),
    json: isJsonType(mediaType(fields.first('content-type'))),
    acceptsEvents: isListed(fields, 'accept', 'text/event-stream'),
  }
}

export function readMcpResponse(status: number, fields: FieldSection): McpResponseHead {
  const type = mediaType(fields.first('content-type'))
  return { status, sessionId: fields.first('mcp-session-id') ?? '', eventStream: type === 'text/event-stream', json: isJsonType(type) }
}

/** Whether any line of a list field names media type `type`. Bounded by the head itself. */
function isListed(fields: FieldSection, name: string, type: string): boolean {
  for (let line = fields.find(name); line !== -1; line = fields.find(name, line + 1)) {
    if (
      fields
        .value(line)
        .split(',')
        .some((element) => mediaType(element) === type)
    )
      return true
  }
  return false
}

/** A mirrored value that is no plain ASCII is sent as `=?base64?…?=` (2026-07-28, Streamable HTTP, value encoding). */
function mirroredValue(value: string): string {
  const encoded = /^=\?base64\?([A-Za-z0-9+/=]*)\?=$/i.exec(value)
  return encoded === null ? value : Buffer.from(encoded[1] as string, 'base64').toString('utf8')
}
