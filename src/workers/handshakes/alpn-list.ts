/**
 * ALPN protocol lists as they stand in a hello (RFC 7301 §3.1), in memory of their own. Worker thread.
 *
 * Given an array of names, Node packs them into a slice of its shared Buffer slab and keeps the slice for the life of the
 * socket: one idle session then pins a slab of 64 KiB, 1.8 KB per session on average. A DataView it copies into memory of the
 * right size instead.
 */

/** RFC 7301 §3.1: "ProtocolName<1..2^8-1>". */
const MAX_NAME_OCTETS = 255

/** The list of `protocols`, in order; names that no hello can hold are left out. */
export function alpnList(protocols: readonly string[]): DataView {
  const names = protocols.map((name) => Buffer.from(name, 'latin1')).filter((name) => name.length > 0 && name.length <= MAX_NAME_OCTETS)
  const list = new Uint8Array(names.reduce((length, name) => length + 1 + name.length, 0))
  let at = 0
  for (const name of names) {
    list[at] = name.length
    list.set(name, at + 1)
    at += 1 + name.length
  }
  return new DataView(list.buffer)
}
