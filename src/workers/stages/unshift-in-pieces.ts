/**
 * unshiftInPieces: gives octets back to a socket in such a way that TLS, when it is put on top, keeps a small receive buffer. Worker
 * thread.
 *
 * Node copies what a socket holds into TLS's ring of buffers, a piece at a time, and TLS takes each piece out at once. The first
 * buffer has 1,024 octets, or as many as the first piece; where a piece fills it to the last octet, a second of 16 KiB follows, which
 * the connection keeps. A ClientHello with an ML-KEM share has 1.6 KB, so in one piece it always does. Node 20 puts the pieces
 * together again: there all is as if they were one.
 */

import type { Socket } from 'node:net'

/** Below Node's first buffer (`NodeBIO::initial_`, 1,024). */
export const PIECE_BYTES = 1_000

export function unshiftInPieces(socket: Socket, octets: Buffer): void {
  const last = Math.ceil(octets.length / PIECE_BYTES) - 1
  for (let piece = last; piece >= 0; piece--) socket.unshift(octets.subarray(piece * PIECE_BYTES, (piece + 1) * PIECE_BYTES))
}
