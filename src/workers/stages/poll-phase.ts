/**
 * pollPhase: goes on in the event loop's poll phase, among the socket callbacks. Any thread.
 *
 * What TLS writes is taken out of its send buffer in the check phase that follows. Whoever writes in a check phase (`setImmediate`)
 * leaves it full over the next poll: where the client answers in time, as it does when the loop is busy, the session tickets
 * find no room beside the certificate, and the connection gets a second send buffer of 16 KiB, which it keeps
 * (`docs/decisions/0004-memory-per-session.md`). Messages of a port come in the poll phase.
 */

import { MessageChannel } from 'node:worker_threads'

let waiting: (() => void)[] = []
const { port1: bell, port2: door } = new MessageChannel()
door.on('message', () => {
  const all = waiting
  waiting = []
  for (const goOn of all) goOn()
})
// Whoever waits has a socket that keeps the loop alive.
door.unref()

export function pollPhase(): Promise<void> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    if (waiting.length === 1) bell.postMessage(undefined)
  })
}
