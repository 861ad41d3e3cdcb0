/**
 * The origin where nginx is absent: TLS, HTTP/1.1 keep-alive, bodies by path. What it answers is made beforehand; large bodies are
 * one buffer sent over and over with backpressure.
 *
 * argv: certificate file, key file, JSON of paths to octets.
 */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { serve } from '../support/child.ts'

const [certFile = '', keyFile = '', sizes = '{}'] = process.argv.slice(2)
const BLOCK = Buffer.alloc(1 << 20, 'x')
const bodies = new Map(Object.entries(JSON.parse(sizes) as Record<string, number>))

const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
  const octets = bodies.get(request.url ?? '')
  request.resume()
  if (octets === undefined) {
    response.writeHead(404).end()
    return
  }
  response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Length': octets })
  let left = octets
  const send = () => {
    while (left > BLOCK.length) {
      left -= BLOCK.length
      if (!response.write(BLOCK)) {
        response.once('drain', send)
        return
      }
    }
    response.end(BLOCK.subarray(0, left))
  }
  send()
})
server.keepAliveTimeout = 600_000
server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
