/**
 * decodeMsgpack: one complete value, as the scanner found it, to plain JSON data. Worker thread.
 *
 * JSON has no octets, no timestamps, no 64-bit integers: they become objects with one key that starts with `$`, so nothing is
 * lost or guessed.
 *
 *     bin → {"$bin": base64}   ext → {"$ext": type, "data": base64}   timestamp → {"$timestamp": [seconds, nanoseconds]}
 *     integers beyond 2⁵³ → {"$int": decimal}   NaN, ±Infinity → {"$float": name}   map keys: strings, others by their JSON
 */

import { Decoder, decodeTimestampToTimeSpec, EXT_TIMESTAMP, ExtData, ExtensionCodec } from '@msgpack/msgpack'

export type MsgpackResult = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly detail: string }

class Timestamp {
  readonly sec: number
  readonly nsec: number
  constructor(sec: number, nsec: number) {
    this.sec = sec
    this.nsec = nsec
  }
}

const extensionCodec = new ExtensionCodec()
extensionCodec.register({
  type: EXT_TIMESTAMP,
  encode: () => null,
  decode: (data) => {
    // The extension with any other length is no timestamp (spec: 32, 64 and 96 bits): it stays an ext.
    if (data.length !== 4 && data.length !== 8 && data.length !== 12) return new ExtData(EXT_TIMESTAMP, data.slice())
    const { sec, nsec } = decodeTimestampToTimeSpec(data)
    return new Timestamp(sec, nsec)
  },
})

/** One for the thread. The scanner has bounded size and depth, so the decoder's own limits are not needed. */
const decoder = new Decoder({
  extensionCodec,
  useBigInt64: true,
  mapKeyConverter: (key) => (typeof key === 'string' || typeof key === 'number' ? key : JSON.stringify(jsonOf(key))),
})

export function decodeMsgpack(value: Uint8Array): MsgpackResult {
  try {
    return { ok: true, value: jsonOf(decoder.decode(value)) }
  } catch (error) {
    // Well-formed, yet refused: the key `__proto__`, for one.
    return { ok: false, detail: (error as Error).message }
  }
}

/** Depth is bounded by the scanner's, so recursion is. */
function jsonOf(value: unknown): unknown {
  if (typeof value === 'bigint') {
    const number = Number(value)
    return Number.isSafeInteger(number) ? number : { $int: value.toString() }
  }
  if (typeof value === 'number') return Number.isFinite(value) ? value : { $float: String(value) }
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(jsonOf)
  if (value instanceof Uint8Array) return { $bin: base64(value) }
  if (value instanceof Timestamp) return { $timestamp: [value.sec, value.nsec] }
  if (value instanceof ExtData) return { $ext: value.type, data: typeof value.data === 'function' ? '' : base64(value.data) }
  const object: Record<string, unknown> = {}
  for (const [key, item] of Object.entries(value)) object[key] = jsonOf(item)
  return object
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')
}
