/**
 * BodyKind: which payload parser a body goes to, by its media type. Worker thread.
 */

import { isEnvelopedType, isJsonType, mediaType } from '../http/media-type.ts'
import { isMsgpackType, isUntyped } from '../msgpack/msgpack-recognition.ts'
import { isNdjsonType } from './line-splitter.ts'

/** `untyped`: the first octets decide between msgpack and opaque. */
export type BodyKind = 'event_stream' | 'ndjson' | 'json' | 'msgpack' | 'untyped' | 'opaque'

export function bodyKind(contentType: string | undefined): BodyKind {
  const type = mediaType(contentType)
  if (type === 'text/event-stream') return 'event_stream'
  if (isEnvelopedType(type)) return 'opaque'
  if (isNdjsonType(type)) return 'ndjson'
  if (isJsonType(type)) return 'json'
  if (isMsgpackType(type)) return 'msgpack'
  // A Content-Type that is there but unreadable says something, if not what: only an absent one is asked for.
  return isUntyped(type) && (contentType === undefined || type !== '') ? 'untyped' : 'opaque'
}
