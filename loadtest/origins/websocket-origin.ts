/**
 * An origin of WebSocket connections (ws): on each one text message per period with the moment at which it was sent; what comes from
 * the client is echoed.
 *
 * argv: certificate file, key file, `asked` to speak only when asked to (`speak`, a number of rounds).
 */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { serve } from '../../bench/support/child.ts'
import { Speaker } from './speaker.ts'

const [certFile = '', keyFile = '', when] = process.argv.slice(2)
const PERIOD_MS = 1_000
const PADDING = 'x'.repeat(200)
const speaker = new Speaker(PERIOD_MS, when !== 'asked')

const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
new WebSocketServer({ server }).on('connection', (socket) => {
  const leave = speaker.add(() => socket.send(`${process.hrtime.bigint()} ${PADDING}`))
  socket.on('message', (data) => socket.send(data))
  socket.on('error', () => socket.terminate())
  socket.on('close', leave)
})
server.listen(0, '127.0.0.1', () =>
  serve({ port: (server.address() as AddressInfo).port }, { speak: (rounds: number) => speaker.speak(rounds) }),
)
