/**
 * Answers a client and closes, so that the answer is read: closing while the client still sends makes the kernel answer
 * with a reset, which can destroy our reply in the client's buffer (RFC 9112 §9.6). Main thread.
 */

import type { Socket } from 'node:net'

/** How long a client may take to read its answer and close. */
const LINGER_MS = 2_000
/** Connections that may linger at once; over it they are closed at once: a flood of refusals must not hold descriptors. */
const MAX_LINGERING = 256

export class GentleCloser {
  #lingering = 0

  /** `mayLinger`: whether the connection may hold its descriptor until the client has read the answer. */
  close(socket: Socket, reply: Uint8Array, mayLinger = true): void {
    if (!socket.writable) {
      socket.destroy()
      return
    }
    socket.end(reply)
    if (!mayLinger || this.#lingering >= MAX_LINGERING) {
      socket.once('finish', () => socket.destroy())
      return
    }
    this.#lingering++
    const deadline = setTimeout(() => socket.destroy(), LINGER_MS)
    socket.once('close', () => {
      clearTimeout(deadline)
      this.#lingering--
    })
    socket.resume()
  }
}
