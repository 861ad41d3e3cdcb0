/**
 * An origin of Server-Sent Events: on each connection one event per interval, which carries the moment at which it was sent.
 *
 * argv: certificate file, key file, milliseconds between events.
 */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { serve } from '../../bench/support/child.ts'

const [certFile = '', keyFile = '', interval = '1000'] = process.argv.slice(2)
const PADDING = 'x'.repeat(200)

const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (_request, response) => {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.flushHeaders()
  let id = 0
  const send = () => response.write(`id: ${id++}\ndata: ${performance.timeOrigin + performance.now()} ${PADDING}\n\n`)
  // Spread over the interval, so that not all streams speak at once.
  let timer: NodeJS.Timeout = setTimeout(() => {
    send()
    timer = setInterval(send, Number(interval))
  }, Math.random() * Number(interval))
  response.on('close', () => clearInterval(timer))
})
server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
