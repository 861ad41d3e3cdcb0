/**
 * Answers a client and closes, so that the answer is read: closing while the client still sends makes the kernel answer
 * with a reset, which can destroy our reply in the client's buffer (RFC 9112 §9.6). Main thread.
 */

import type { Socket } from 'node:net'

/** How long a client may take to read its answer and close. */
const LINGER_MS = 2_000
/** The same where descriptors run out: long enough for a head that is on its way on a busy machine, and no longer. */
const HASTE_MS = 200
/** Connections that may linger at once; over it they are closed in haste: a flood of refusals must not hold descriptors. */
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
    const lingers = mayLinger && this.#lingering < MAX_LINGERING
    const deadline = setTimeout(() => socket.destroy(), lingers ? LINGER_MS : HASTE_MS)
    if (lingers) this.#lingering++
    // The head that a client sends at once is read all the same: left unread, it would make a reset of the close.
    else socket.once('data', () => closeAfterFlush(socket))
    socket.once('close', () => {
      clearTimeout(deadline)
      if (lingers) this.#lingering--
    })
    socket.resume()
  }
}

function closeAfterFlush(socket: Socket): void {
  if (socket.writableFinished) socket.destroy()
  else socket.once('finish', () => socket.destroy())
}
