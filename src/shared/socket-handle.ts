/**
 * What Node keeps behind a socket: its descriptor, stopping to read at once, and a reset that waits for nothing. Any thread.
 */

import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** Not in Node's public types, but stable since Node 0.10. */
interface SocketHandle {
  readonly fd: number
  reading?: boolean
  readStop(): number
  /** TCP only. */
  reset?(): void
}

/** What can be reset: a socket, or what stands in for one. */
export interface Resettable {
  resetAndDestroy(): unknown
}

/** The descriptor of `socket`, or −1 when it has none (closed meanwhile). */
export function descriptorOf(socket: Socket): number {
  return handleOf(socket)?.fd ?? -1
}

/**
 * Stops reading at once, from inside a `data` callback too: libuv leaves its read loop when the handle stops, so what
 * arrives from now on, an end included, stays in the kernel for the next owner. `socket.pause()` alone does not do that.
 * Hand the descriptor over in the same turn: from the next one on Node fills the buffer of a paused socket again.
 */
export function stopReading(socket: Socket): void {
  socket.pause()
  const handle = handleOf(socket)
  if (handle !== undefined) {
    handle.reading = false
    handle.readStop()
    // Else the stream waits for the read that has just been called off, and a later `resume` would start none.
    ;(socket as unknown as { _readableState: { reading: boolean } })._readableState.reading = false
  }
}

/**
 * Closes with a reset, now. `socket.resetAndDestroy()` flushes first, and so waits for a peer that does not read: the flag that
 * it sets makes `destroy` send the RST. A Unix socket has no reset: it is closed. What stands in for a socket resets itself.
 *
 * While a FIN of ours is on its way libuv refuses to reset (EINVAL), and Node then leaves the descriptor open for good: such a
 * socket is closed. `stream` is what stands on the socket (TLS) and has sent that FIN.
 */
export function resetNow(socket: Resettable, stream?: Duplex): void {
  if (!(socket instanceof Socket)) {
    socket.resetAndDestroy()
    return
  }
  const isEnding = [socket, stream].some((end) => end?.writableEnded === true && !end.writableFinished)
  if (!isEnding && handleOf(socket)?.reset !== undefined) Object.assign(socket, { resetAndClosing: true })
  socket.destroy()
}

function handleOf(socket: Socket): SocketHandle | undefined {
  return (socket as unknown as { _handle?: SocketHandle | null })._handle ?? undefined
}
