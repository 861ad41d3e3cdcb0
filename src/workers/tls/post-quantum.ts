/**
 * Key agreement groups that hold against a quantum computer: ML-KEM and its hybrids, and the Kyber draft that browsers shipped
 * before (IANA TLS Supported Groups; draft-ietf-tls-ecdhe-mlkem). Worker thread.
 */

import type { ClientHello } from './client-hello.ts'

const POST_QUANTUM_GROUPS: ReadonlySet<number> = new Set([0x0200, 0x0201, 0x0202, 0x11eb, 0x11ec, 0x11ed, 0x6399, 0x639a])

/** Whether the client sends such a key share right away: over 1 KiB, so that its hello takes more than one segment. */
export function sharesPostQuantumKey(hello: ClientHello): boolean {
  return hello.keyShareGroups.some((group) => POST_QUANTUM_GROUPS.has(group))
}
