/**
 * The origin of the run with large bodies: sends bodies of any size, and bombs.
 *
 * argv: certificate file, key file.
 */

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { serve } from '../../../bench/support/child.ts'
import { bombOf } from '../bombs.ts'

const [certFile = '', keyFile = ''] = process.argv.slice(2)
const PIECE = Buffer.alloc(262_144, 'a body of many octets; ')

function* pieces(octets: number): Generator<Buffer> {
  for (let left = octets; left > 0; left -= PIECE.length) yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE
}

const server = createServer(
  { cert: readFileSync(certFile), key: readFileSync(keyFile), ALPNProtocols: ['http/1.1'] },
  (request, response) => {
    const url = new URL(request.url ?? '/', 'https://origin.test')
    response.on('error', () => response.destroy())
    if (url.pathname === '/body') {
      const octets = Number(url.searchParams.get('octets'))
      const isChunked = url.searchParams.has('chunked')
      response.writeHead(200, { 'content-type': url.searchParams.get('type') ?? '', ...(isChunked ? {} : { 'content-length': octets }) })
      Readable.from(pieces(octets), { objectMode: false }).pipe(response)
    } else {
      const { coding, body } = bombOf(url.pathname.slice(1))
      response.writeHead(200, { 'content-type': 'text/event-stream', 'content-encoding': coding }).end(body)
    }
  },
)

server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }))
