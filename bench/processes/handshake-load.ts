/**
 * Connections through the engine, each with its own TLS handshake, one small request and its reply: full or resumed on each side as asked.
 *
 * The engine knows an origin's sessions by what it offers there, ALPN among it, and its leaf by the host: a protocol that nobody
 * offered before makes a first meeting with the origin and leaves all else as it was.
 *
 * argv: file of trusted roots, TLS version, signature algorithms in the place of OpenSSL's own.
 */

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createSecureContext, type SecureVersion, type TLSSocket } from 'node:tls'
import { serve } from '../support/child.ts'
import { openTls, type Route } from '../support/tunnel.ts'

export interface Handshakes {
  readonly route: Route
  readonly count: number
  readonly resumesClient: boolean
  readonly resumesOrigin: boolean
  /** The client closes without having said so in its request (curl, most SDKs): a proxy may keep its own connection. */
  readonly unannounced?: boolean
  /** Connections under way at a time. */
  readonly concurrency?: number
}

const [roots = '', version = 'TLSv1.3', sigalgs] = process.argv.slice(2)
const only = version as SecureVersion
const secureContext = createSecureContext({ ca: readFileSync(roots), minVersion: only, maxVersion: only, ...(sigalgs && { sigalgs }) })
const requestOf = (connection: string) => Buffer.from(`GET / HTTP/1.1\r\nHost: localhost\r\nConnection: ${connection}\r\n\r\n`)
const ANNOUNCED = requestOf('close')
const UNANNOUNCED = requestOf('keep-alive')
/** Connections under way at a time where nobody says: enough that the engine does not sleep between two, few enough that it is not driven out of its caches. */
const CONCURRENCY = 4
/** The offer whose sessions the engine knows once it has met it; all offers are equally long. */
const KNOWN_OFFER = 'offer-000000'

let session: Buffer | undefined
let offers = 0

/** Answers how many handshakes of the client were resumed; rejects where one went wrong. */
async function run({ route, count, resumesClient, resumesOrigin, unannounced, concurrency = CONCURRENCY }: Handshakes): Promise<number> {
  let left = count
  let resumed = 0
  const lane = async () => {
    while (left-- > 0) {
      const offer = resumesOrigin ? KNOWN_OFFER : `offer-${String(++offers).padStart(6, '0')}`
      const asked = resumesClient ? session : undefined
      const socket = await openTls(route, { secureContext, servername: 'localhost', session: asked, alpn: ['http/1.1', offer] })
      if (socket.isSessionReused()) resumed++
      await exchange(socket, unannounced === true ? UNANNOUNCED : ANNOUNCED)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, lane))
  return resumed
}

async function exchange(socket: TLSSocket, request: Buffer): Promise<void> {
  const onSession = (given: Buffer) => {
    session = given
  }
  // Up to TLS 1.2 the session has been told by now.
  session ??= socket.getProtocol() === 'TLSv1.3' ? undefined : socket.getSession()
  if (session === undefined) socket.once('session', onSession)
  socket.write(request)
  await once(socket, 'data')
  const closed = once(socket, 'close')
  socket.end()
  socket.resume()
  await closed
}

serve('ready', { run })
