/**
 * wasReset: tells a RST from a FIN where Node says `end` for both. Worker thread.
 *
 * Node 20 says `end` for a RST that is queued behind data; every Node does so on a TLSSocket whose write met the RST first.
 * The kernel keeps the difference: a connection that was reset has no peer any more (getpeername(2): ENOTCONN), one that was
 * closed by FIN has.
 */

import type { Socket } from 'node:net'

/**
 * To be asked while `end` is being emitted. Nobody may have asked this socket for its `remoteAddress` before: Node would
 * have kept the answer.
 */
export function wasReset(socket: Socket): boolean {
  return socket.remoteAddress === undefined
}
