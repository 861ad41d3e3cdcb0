/**
 * ALPN protocol lists as they stand in a hello (RFC 7301 §3.1), in memory of their own. Worker thread.
 *
 * Given an array of names, Node packs them into a slice of its shared Buffer slab and keeps the slice for the life of the
 * socket: one idle session then pins a slab of 64 KiB, 1.8 KB per session on average. A DataView it copies into memory of the
 * right size instead.
 */

/** RFC 7301 §3.1: "ProtocolName<1..2^8-1>". */
const MAX_NAME_OCTETS = 255

/** Lists that have been asked for, by their octets, shared by their connections: nearly all ask for one of two. Beyond the bound not kept. */
const known = new Map<string, DataView>()
const KNOWN_LISTS = 16

/** The list of `protocols`, in order; names that no hello can hold are left out. Not to be written to. */
export function alpnList(protocols: readonly string[]): DataView {
  let octets = ''
  for (const name of protocols) if (name.length > 0 && name.length <= MAX_NAME_OCTETS) octets += String.fromCharCode(name.length) + name
  const found = known.get(octets)
  if (found !== undefined) return found
  const list = new DataView(Uint8Array.from(Buffer.from(octets, 'latin1')).buffer)
  if (known.size < KNOWN_LISTS) known.set(octets, list)
  return list
}
