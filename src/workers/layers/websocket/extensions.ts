/**
 * What the server's Sec-WebSocket-Extensions agreed to (RFC 6455 §9.1, permessage-deflate: RFC 7692 §7.1). Worker thread.
 *
 * Only the response counts: it lists what is in use. The client's offer is a set of wishes.
 */

import { DEFLATE_WINDOW_BITS, EXTENSIONS_CHARACTERS } from '../../../shared/limits/layers/websocket.ts'

/** permessage-deflate as agreed; index 0 is what the client sends (`Side` CLIENT), index 1 what the server sends. */
export interface DeflateParameters {
  readonly noContextTakeover: readonly [boolean, boolean]
  /** Base-2 logarithm of the LZ77 window, 8–15. */
  readonly maxWindowBits: readonly [number, number]
}

export interface WebSocketExtensions {
  readonly deflate: DeflateParameters | undefined
  /** An extension that the observer does not know (or parameters it cannot accept): reserved bits and payloads may mean anything. */
  readonly unknown: boolean
}

export const NO_EXTENSIONS: WebSocketExtensions = { deflate: undefined, unknown: false }

const DEFLATE = 'permessage-deflate'
const MIN_WINDOW_BITS = 8

// extension = token *( ";" token [ "=" ( token | quoted token ) ] ), RFC 6455 §9.1. Linear: separators exclude token characters.
const PARAMETER =
  /^[ \t]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*(?:=[ \t]*(?:([!#$%&'*+.^_`|~0-9A-Za-z-]+)|"([!#$%&'*+.^_`|~0-9A-Za-z-]+)"))?[ \t]*$/

/** Reads the value of Sec-WebSocket-Extensions of a 101 response; several field lines are joined by commas. */
export function parseExtensions(value: string | undefined): WebSocketExtensions {
  if (value === undefined || value.trim() === '') return NO_EXTENSIONS
  if (value.length > EXTENSIONS_CHARACTERS) return { deflate: undefined, unknown: true }
  let deflate: DeflateParameters | undefined
  let unknown = false
  for (const element of value.split(',')) {
    const parts = element.split(';')
    const name = parts[0]?.trim() ?? ''
    if (name === '') continue
    const parameters = name.toLowerCase() === DEFLATE && deflate === undefined ? deflateParameters(parts) : undefined
    if (parameters === undefined) unknown = true
    else deflate = parameters
  }
  return { deflate, unknown }
}

/** The agreed parameters, or `undefined` where RFC 7692 §7.1 makes the client fail the connection. `parts[0]` is the name. */
function deflateParameters(parts: readonly string[]): DeflateParameters | undefined {
  const seen = new Map<string, string | undefined>()
  for (const part of parts.slice(1)) {
    const match = PARAMETER.exec(part)
    if (match === null) return undefined
    const name = (match[1] as string).toLowerCase()
    if (seen.has(name)) return undefined
    seen.set(name, match[2] ?? match[3])
  }
  const client = side(seen, 'client')
  const server = side(seen, 'server')
  if (client === undefined || server === undefined || seen.size > 0) return undefined
  return { noContextTakeover: [client.noTakeover, server.noTakeover], maxWindowBits: [client.bits, server.bits] }
}

/** Takes the two parameters of one side out of `seen`. */
function side(seen: Map<string, string | undefined>, prefix: string): { noTakeover: boolean; bits: number } | undefined {
  const takeover = `${prefix}_no_context_takeover`
  const window = `${prefix}_max_window_bits`
  const noTakeover = seen.has(takeover)
  if (noTakeover && seen.get(takeover) !== undefined) return undefined
  let bits = DEFLATE_WINDOW_BITS
  if (seen.has(window)) {
    const text = seen.get(window) ?? ''
    bits = /^(?:[89]|1[0-5])$/.test(text) ? Number(text) : 0
  }
  seen.delete(takeover)
  seen.delete(window)
  return bits < MIN_WINDOW_BITS ? undefined : { noTakeover, bits }
}
