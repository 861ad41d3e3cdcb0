/**
 * The two things about a socket that Node keeps behind it: its descriptor, and stopping to read at once. Any thread.
 */

import type { Socket } from 'node:net'

/** Not in Node's public types, but stable since Node 0.10. */
interface SocketHandle {
  readonly fd: number
  reading?: boolean
  readStop(): number
}

/** The descriptor of `socket`, or −1 when it has none (closed meanwhile). */
export function descriptorOf(socket: Socket): number {
  return handleOf(socket)?.fd ?? -1
}

/**
 * Stops reading at once, from inside a `data` callback too: libuv leaves its read loop when the handle stops, so what
 * arrives from now on, an end included, stays in the kernel for the next owner. `socket.pause()` alone does not do that.
 */
export function stopReading(socket: Socket): void {
  socket.pause()
  const handle = handleOf(socket)
  if (handle !== undefined) {
    handle.reading = false
    handle.readStop()
  }
}

function handleOf(socket: Socket): SocketHandle | undefined {
  return (socket as unknown as { _handle?: SocketHandle | null })._handle ?? undefined
}
