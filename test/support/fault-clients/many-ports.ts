/**
 * startPorts: an origin on as many ports as asked, so that each of many rules has its own by `match.port`: HTTP/1.1 and HTTP/2 over TLS by
 * node:http2, what it answers by path.
 */

import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import type { Test } from 'tap'
import { originCertificate } from '../test-origin.ts'

/** Octets of `/body`. */
const BODY_BYTES = 10_000

const BODY = Buffer.alloc(BODY_BYTES, 'soth ')
const GZIPPED = gzipSync(
  Buffer.alloc(BODY_BYTES, Array.from({ length: BODY_BYTES }, (_, n) => String.fromCharCode(33 + ((n * n) % 89))).join('')),
)

/** As many events as an answer of a model has, without a length. */
const EVENTS = ['eins', 'zwei ü', 'drei', 'vier'].map((text, n) => `event: e${n}\ndata: {"text":"${text}"}\n\n`)

function answer(request: Http2ServerRequest, response: Http2ServerResponse): void {
  const { url } = request
  switch (url) {
    case '/gzip':
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': GZIPPED.length }).end(GZIPPED)
      return
    case '/events':
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const event of EVENTS) response.write(event)
      response.end()
      return
    case '/chunks':
      response.write(BODY)
      response.end()
      return
    default:
      response.writeHead(200, { 'content-length': BODY_BYTES }).end(BODY)
  }
}

/** Closed with the test. */
export async function startPorts(t: Test, count: number): Promise<number[]> {
  const secure = createSecureServer({ ...originCertificate(), allowHTTP1: true }, answer)
  secure.on('sessionError', () => undefined)
  const sockets = new Set<Socket>()
  const servers: Server[] = []
  for (let n = 0; n < count; n++) {
    const server = createServer({ noDelay: true }, (socket) => {
      sockets.add(socket)
      socket.on('error', () => socket.destroy()).once('close', () => sockets.delete(socket))
      secure.emit('connection', socket)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    servers.push(server)
  }
  t.teardown(() => {
    for (const server of servers) server.close()
    for (const socket of sockets) socket.destroy()
  })
  return servers.map((server) => (server.address() as AddressInfo).port)
}
