/**
 * A WebSocket origin (ws): on each connection one text message per interval with the moment at which it was sent; what comes from
 * the client is echoed.
 *
 * argv: certificate file, key file, milliseconds between messages.
 */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { serve } from '../../bench/support/child.ts'

const [certFile = '', keyFile = '', interval = '1000'] = process.argv.slice(2)
const PADDING = 'x'.repeat(200)

const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) })
new WebSocketServer({ server }).on('connection', (socket) => {
  const send = () => socket.send(`${performance.timeOrigin + performance.now()} ${PADDING}`)
  let timer: NodeJS.Timeout = setTimeout(() => {
    send()
    timer = setInterval(send, Number(interval))
  }, Math.random() * Number(interval))
  socket.on('message', (data) => socket.send(data))
  socket.on('error', () => socket.terminate())
  socket.on('close', () => clearInterval(timer))
})
server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
