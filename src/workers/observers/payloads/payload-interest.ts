/**
 * Whether the bodies of an exchange are worth an observer, by its heads, at the least cost: nearly all are not. Pure. Worker
 * thread.
 *
 * One pass over the field lines, by the lengths of their names; text is made only of what passes that.
 */

import type { FieldSection } from '../../../shared/http/field-section.ts'
import type { FlowOptions } from '../../../shared/policy/flow-options.ts'
import { isJsonType, mediaType } from '../../layers/http/media-type.ts'
import type { MessageHead } from '../../layers/http/message-head.ts'
import { bodyKind } from '../../layers/payload/body-kind.ts'

const EVENT_STREAM = 'text/event-stream'
const CASE_BIT = 0x20

/** A request that may be an MCP message or a call of a model, that asks for events, or all of whose body is to be read. */
export function isRequestOfInterest(level: FlowOptions['observe'], method: string, head: MessageHead): boolean {
  if (level === 'none') return false
  const { fields } = head
  let type = -1
  for (let line = 0; line < fields.count; line++) {
    switch (fields.nameEnd(line) - fields.nameStart(line)) {
      case 'accept'.length:
        // MCP clients and EventSource; the length rules out what most others send.
        if (method === 'GET' && fields.valueEnd(line) - fields.valueStart(line) >= EVENT_STREAM.length && acceptsEvents(fields, line))
          return true
        break
      case 'content-type'.length:
        if (method !== 'GET' && fields.isNamed(line, 'content-type')) type = line
        break
      case 'mcp-method'.length:
        if (fields.isNamed(line, 'mcp-method')) return true
        break
      case 'mcp-session-id'.length:
        if (fields.isNamed(line, 'mcp-session-id')) return true
        break
      case 'mcp-protocol-version'.length:
        if (fields.isNamed(line, 'mcp-protocol-version')) return true
        break
    }
  }
  if (head.framing === 'none') return false
  const contentType = type === -1 ? undefined : fields.value(type)
  if (level === 'bodies') return bodyKind(contentType) !== 'opaque'
  return method === 'POST' && isJsonType(mediaType(contentType))
}

/** A response that is an event stream, or all of which is to be read. */
export function isResponseOfInterest(level: FlowOptions['observe'], head: MessageHead): boolean {
  if (level === 'none' || head.framing === 'none') return false
  const { fields } = head
  const line = fields.find('content-type')
  if (level === 'bodies') return bodyKind(line === -1 ? undefined : fields.value(line)) !== 'opaque'
  return line !== -1 && isLikeEventStream(fields, line) && mediaType(fields.value(line)) === EVENT_STREAM
}

function acceptsEvents(fields: FieldSection, line: number): boolean {
  return fields.isNamed(line, 'accept') && fields.value(line).toLowerCase().includes(EVENT_STREAM)
}

/** `t…/e…`: tells `text/event-stream` from the other types in use without making a string. */
function isLikeEventStream(fields: FieldSection, line: number): boolean {
  const { bytes } = fields
  const start = fields.valueStart(line)
  if (fields.valueEnd(line) - start < EVENT_STREAM.length) return false
  return ((bytes[start] as number) | CASE_BIT) === 0x74 && ((bytes[start + 'text/'.length] as number) | CASE_BIT) === 0x65
}
