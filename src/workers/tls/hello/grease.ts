/**
 * GREASE: reserved values that clients mix into every list so that servers keep ignoring what they do not know (RFC 8701 §2).
 * Worker thread.
 */

/** 0x0a0a, 0x1a1a … 0xfafa. */
export function isGrease(value: number): boolean {
  return (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff)
}

/** Of ALPN, which has the same values as two octets. */
export function isGreaseProtocol(protocol: string): boolean {
  return protocol.length === 2 && isGrease((protocol.charCodeAt(0) << 8) | protocol.charCodeAt(1))
}
