/**
 * The client's way to an origin: a CONNECT tunnel through a proxy and TLS in it, or TLS straight to a reverse proxy or the origin.
 */

import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as connectTls, type SecureContext, type TLSSocket } from 'node:tls'

export interface Route {
  /** Port on loopback of the proxy, or, where `direct`, of what speaks TLS there. */
  readonly port: number
  readonly direct?: boolean
  /** `host:port` of the CONNECT; unused where `direct`. */
  readonly authority: string
}

const CONNECT_DEADLINE_MS = 30_000

/** Opens a TCP connection whose first octet from now on is the origin's. */
export async function openTunnel({ port, direct, authority }: Route): Promise<Socket> {
  const socket = connect({ host: '127.0.0.1', port, noDelay: true })
  await within(once(socket, 'connect'), socket)
  if (direct === true) return socket
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`)
  let head = Buffer.alloc(0)
  while (!head.includes('\r\n\r\n')) {
    const [chunk] = (await within(once(socket, 'data'), socket)) as [Buffer]
    head = Buffer.concat([head, chunk])
  }
  socket.pause()
  const end = head.indexOf('\r\n\r\n') + 4
  if (!/^HTTP\/1\.[01] 2/.test(head.toString('latin1', 0, end))) {
    socket.destroy()
    throw new Error(`the proxy answered ${JSON.stringify(head.toString('latin1', 0, head.indexOf('\r\n')))} to CONNECT ${authority}`)
  }
  // A server that speaks first is heard: what came with the answer belongs to the tunnel.
  if (end < head.length) socket.unshift(head.subarray(end))
  return socket
}

export interface TlsAsked {
  readonly secureContext: SecureContext
  readonly servername: string
  readonly session?: Buffer | undefined
  readonly alpn?: string[]
}

/** A tunnel with TLS in it, ready to send. */
export async function openTls(route: Route, asked: TlsAsked): Promise<TLSSocket> {
  const options: ConnectionOptions = {
    socket: await openTunnel(route),
    servername: asked.servername,
    secureContext: asked.secureContext,
    ALPNProtocols: asked.alpn ?? ['http/1.1'],
  }
  if (asked.session !== undefined) options.session = asked.session
  const socket = connectTls(options)
  await within(once(socket, 'secureConnect'), socket)
  return socket
}

/** Awaits an event of `socket`; `once` itself rejects on 'error'. */
async function within<Value>(event: Promise<Value>, socket: Socket): Promise<Value> {
  const deadline = setTimeout(() => socket.destroy(new Error(`nothing within ${CONNECT_DEADLINE_MS} ms`)), CONNECT_DEADLINE_MS)
  const onClose = () => socket.emit('error', new Error('closed before it was open'))
  socket.once('close', onClose)
  try {
    return await event
  } finally {
    clearTimeout(deadline)
    socket.off('close', onClose)
  }
}
