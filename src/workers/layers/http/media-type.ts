/**
 * Media types: the `type/subtype` of a Content-Type value, whatever its case and parameters (RFC 9110 §8.3.1).
 *
 * Parameters are never read: an observer must recognise `text/event-stream;charset=…` with any of them, even malformed ones,
 * as the client at the other end will. Worker thread.
 */

// RFC 9110 §5.6.2 token on both sides of the slash, then end, OWS or parameters. Linear: the classes do not overlap.
const MEDIA_TYPE = /^[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+\/[!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?:;|,|$)/

/** The longest value looked at; RFC 6838 §4.2 allows 127 characters each for type and subtype. */
const MEDIA_TYPE_CHARACTERS = 300

/** `type/subtype` in lower case, or an empty string where `value` is absent or no media type. */
export function mediaType(value: string | undefined): string {
  if (value === undefined) return ''
  const match = MEDIA_TYPE.exec(value.length > MEDIA_TYPE_CHARACTERS ? value.slice(0, MEDIA_TYPE_CHARACTERS) : value)
  return match === null ? '' : (match[1] as string).toLowerCase()
}

/** Whether a Content-Type `value` is of media type `expected` (lower case, without parameters). */
export function isMediaType(value: string | undefined, expected: string): boolean {
  return mediaType(value) === expected
}

/** gRPC (PROTOCOL-HTTP2, PROTOCOL-WEB) and Connect streams: their suffix says what is inside of the envelopes. */
const ENVELOPED = /^application\/(?:grpc(?:-web(?:-text)?)?|connect)\+/

/** Whether a body of this media type is a sequence of envelopes, whatever its suffix. */
export function isEnvelopedType(type: string): boolean {
  return ENVELOPED.test(type)
}

/** Whether a media type, as `mediaType` gave it, is JSON or has the `+json` suffix (RFC 6839 §3.1). */
export function isJsonType(type: string): boolean {
  return type === 'application/json' || (type.endsWith('+json') && !isEnvelopedType(type))
}
