/**
 * helloBytes: writes ClientHellos for tests, right ones by default and wrong ones on demand.
 */

export const HELLO_RANDOM = new Uint8Array(32).fill(0xab)

export interface HelloParts {
  legacyVersion?: number
  sessionId?: Uint8Array
  cipherSuites?: readonly number[]
  compression?: readonly number[]
  /** `undefined` leaves the whole block out. */
  extensions?: readonly (readonly [type: number, body: Uint8Array])[] | undefined
  /** Octets behind the extensions, inside the message. */
  tail?: Uint8Array
}

export function u16(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff]
}

export function vector8(...parts: (ArrayLike<number> & Iterable<number>)[]): Uint8Array {
  const body = concat(...parts)
  return concat([body.length], body)
}

export function vector16(...parts: (ArrayLike<number> & Iterable<number>)[]): Uint8Array {
  const body = concat(...parts)
  return concat(u16(body.length), body)
}

export function list16(values: readonly number[]): Uint8Array {
  return Uint8Array.from(values.flatMap(u16))
}

export function concat(...parts: Iterable<number>[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]))
}

/** The body of server_name for one host_name. */
export function sniBody(name: string): Uint8Array {
  return vector16([0], vector16(Buffer.from(name, 'latin1')))
}

/** The body of ALPN. */
export function alpnBody(...protocols: string[]): Uint8Array {
  return vector16(concat(...protocols.map((protocol) => vector8(Buffer.from(protocol, 'latin1')))))
}

/** A handshake message with its header. */
export function helloMessage(parts: HelloParts = {}): Uint8Array {
  const extensions = 'extensions' in parts ? parts.extensions : [[0, sniBody('a.example')] as const]
  const body = concat(
    u16(parts.legacyVersion ?? 0x0303),
    HELLO_RANDOM,
    vector8(parts.sessionId ?? []),
    vector16(list16(parts.cipherSuites ?? [0x1301, 0xc02b])),
    vector8(parts.compression ?? [0]),
    extensions === undefined ? [] : vector16(concat(...extensions.map(([type, data]) => concat(u16(type), vector16(data))))),
    parts.tail ?? [],
  )
  return handshakeMessage(1, body)
}

export function handshakeMessage(type: number, body: Uint8Array): Uint8Array {
  return concat([type, (body.length >> 16) & 0xff, (body.length >> 8) & 0xff, body.length & 0xff], body)
}

/** Wraps a message into records of at most `fragment` octets each. */
export function records(message: Uint8Array, fragment = 16_384, type = 0x16): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = 0; at < message.length; at += fragment) {
    parts.push(concat([type, 3, 1], vector16(message.subarray(at, at + fragment))))
  }
  return concat(...parts)
}

export function helloBytes(parts: HelloParts = {}): Uint8Array {
  return records(helloMessage(parts))
}
