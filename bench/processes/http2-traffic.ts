/**
 * The HTTP/2 part of the load: small requests on a few connections, a fixed number of streams open on each, closed loop.
 */

import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2'
import type { SecureContext } from 'node:tls'
import { type Outcome, parallel, Tally } from '../support/tally.ts'
import { openTls } from '../support/tunnel.ts'
import type { Connect, Http2Requests } from './traffic-asked.ts'

const FIELDS = {
  'user-agent': 'bench/1.0',
  accept: 'application/json',
  'accept-encoding': 'gzip, deflate, br',
  'accept-language': 'en',
  'x-request-id': '0123456789abcdef',
}
const open: ClientHttp2Session[] = []

export async function connectHttp2({ route, servername, connections }: Connect, secureContext: SecureContext): Promise<Outcome> {
  const tally = new Tally()
  await parallel(connections, connections, async () => {
    const started = performance.now()
    try {
      const socket = await openTls(route, { secureContext, servername, alpn: ['h2'] })
      if (socket.alpnProtocol !== 'h2') {
        socket.destroy()
        throw new Error('does not speak HTTP/2')
      }
      const session = connect(`https://${route.authority}`, { createConnection: () => socket })
      session.on('error', () => session.destroy())
      open.push(session)
      tally.succeeded(started)
    } catch (error) {
      tally.fail(error)
    }
  })
  return tally.outcome()
}

export async function requestHttp2({ count, path, streams }: Http2Requests): Promise<Outcome> {
  const tally = new Tally()
  let left = count
  const lane = async (session: ClientHttp2Session) => {
    while (left-- > 0) {
      const started = performance.now()
      try {
        await exchange(session.request({ ...FIELDS, ':path': path }))
        tally.succeeded(started)
      } catch (error) {
        tally.fail(error)
        if (session.destroyed) return
      }
    }
  }
  await Promise.all(open.flatMap((session) => Array.from({ length: streams }, () => lane(session))))
  return tally.outcome()
}

export function closeHttp2(): void {
  for (const session of open.splice(0)) session.destroy()
}

function exchange(stream: ClientHttp2Stream): Promise<void> {
  return new Promise((resolve, reject) => {
    let status: number | undefined
    stream.once('response', (head) => {
      status = head[':status']
    })
    stream.once('error', reject)
    stream.once('close', () => (status === 200 ? resolve() : reject(new Error(`status ${status}`))))
    stream.resume()
  })
}
