/**
 * Whether a body is MessagePack: by its media type, or by its first octets. Pure. Worker thread.
 */

/** Media types in use beside `+msgpack`: the registered one (2024), and those from before it was. */
const MSGPACK_TYPES = new Set([
  'application/vnd.msgpack',
  'application/msgpack',
  'application/x-msgpack',
  'application/messagepack',
  'application/x-messagepack',
  'application/vnd.messagepack',
])

/** `type` as `mediaType` gives it. */
export function isMsgpackType(type: string): boolean {
  return MSGPACK_TYPES.has(type) || type.endsWith('+msgpack')
}

/** Media types that say nothing, so that the octets may be asked. */
export function isUntyped(type: string): boolean {
  return type === '' || type === 'application/octet-stream' || type === 'binary/octet-stream'
}

/** Octets that `looksLikeMsgpack` should be given, where the body has as many: a map head and the longest first key accepted. */
export const SNIFF_BYTES = 38

/**
 * The heuristic, for untyped bodies: a map that is not empty, whose first key is a string of 2 to 31 identifier characters
 * (letters, digits, `_ - . $`, 66 of them), followed by a type that exists.
 *
 *     80+n | DE nn nn (< 2¹⁵)     A0+k     k × [A-Za-z0-9_.$-]     any octet but C1
 *
 * False positives: none on UTF-8 text (no text starts with 80–8F; DE 0x–7x is no sequence). On uniformly random octets at most
 * 15/256 · 1/256 · Σ(k ≥ 2) (66/256)ᵏ ≈ 2.1 · 10⁻⁵ for the short map; the long form adds 1/256 · 1/2 · the same: 2.2 · 10⁻⁵ in all.
 * Misses: arrays and scalars at the top, keys that are no identifiers. They need a media type.
 */
export function looksLikeMsgpack(bytes: Uint8Array): boolean {
  const head = bytes[0] ?? 0
  let at = 1
  if (head === 0xde) {
    const high = bytes[1] ?? 0x80
    if (high >= 0x80 || (high === 0 && (bytes[2] ?? 0) === 0)) return false
    at = 3
  } else if (head <= 0x80 || head > 0x8f) {
    return false
  }
  const key = bytes[at++] ?? 0
  const length = key - 0xa0
  if (length < 2 || length > 31 || at + length >= bytes.length) return false
  for (let i = 0; i < length; i++) if (!isIdentifier(bytes[at + i] as number)) return false
  return bytes[at + length] !== 0xc1
}

function isIdentifier(byte: number): boolean {
  if (byte >= 0x61) return byte <= 0x7a
  if (byte >= 0x41) return byte <= 0x5a || byte === 0x5f
  return (byte >= 0x30 && byte <= 0x39) || byte === 0x2d || byte === 0x2e || byte === 0x24
}
