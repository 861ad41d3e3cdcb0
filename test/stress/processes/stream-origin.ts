/**
 * The origin of the stream stress runs: holds event streams and writes to all of them when asked; sends
 * bodies of any size. Every event carries the instant at which it was written.
 *
 * argv: certificate file, key file.
 */

import { readFileSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { serve } from '../../../bench/support/child.ts'
import { bombOf } from '../bombs.ts'

const [certFile = '', keyFile = ''] = process.argv.slice(2)
const streams = new Set<ServerResponse>()
const PIECE = Buffer.alloc(262_144, 'a body of many octets; ')

function* pieces(octets: number): Generator<Buffer> {
  for (let left = octets; left > 0; left -= PIECE.length) yield left < PIECE.length ? PIECE.subarray(0, left) : PIECE
}

const server = createServer(
  { cert: readFileSync(certFile), key: readFileSync(keyFile), ALPNProtocols: ['http/1.1'] },
  (request, response) => {
    const url = new URL(request.url ?? '/', 'https://origin.test')
    response.on('error', () => response.destroy())
    if (url.pathname === '/events') {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      response.flushHeaders()
      streams.add(response)
      response.on('close', () => streams.delete(response))
    } else if (url.pathname === '/body') {
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

/** Writes to every stream, `perSecond` times a second in all, each stream at its own instant; for `rounds` rounds. */
async function emit({ rounds, perSecond }: { rounds: number; perSecond: number }): Promise<number> {
  const began = performance.now()
  let written = 0
  for (let round = 0; round < rounds; round++) {
    for (const stream of streams) {
      stream.write(`data: ${process.hrtime.bigint()}\n\n`)
      const ahead = (++written / perSecond) * 1000 - (performance.now() - began)
      if (ahead > 1) await delay(ahead)
    }
  }
  return written
}

server.listen(0, '127.0.0.1', () => serve({ port: (server.address() as AddressInfo).port }, { emit: emit as never }))
