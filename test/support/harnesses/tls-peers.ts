/**
 * A TLS server on loopback as the engine terminates clients: a bare TCP server whose sockets are wrapped with a given context.
 */

import { X509Certificate } from 'node:crypto'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { type ConnectionOptions, connect, type SecureContext, TLSSocket } from 'node:tls'

export interface TlsPeer {
  readonly port: number
  close(): Promise<void>
}

/** Answers `hello` to each client and ends. */
export async function startTlsPeer(context: SecureContext): Promise<TlsPeer> {
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    const secure = new TLSSocket(socket, { isServer: true, secureContext: context })
    secure.on('error', () => socket.destroy())
    secure.on('secure', () => secure.end('hello'))
    socket.on('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      }),
  }
}

export interface Handshake {
  /** Absent on TLS 1.2 resumptions, which show none. */
  readonly certificate: X509Certificate | undefined
  readonly chainLength: number
  readonly protocol: string | null
  readonly isReused: boolean
  /** The last session that the server gave. */
  readonly session: Buffer | undefined
}

/** Connects, reads to the end and tells what was negotiated; rejects where the client refuses. */
export function handshake(port: number, options: ConnectionOptions): Promise<Handshake> {
  return new Promise((resolve, reject) => {
    let session: Buffer | undefined
    const socket = connect({ ...options, host: '127.0.0.1', port })
    socket.on('session', (ticket) => {
      session = ticket
    })
    socket.on('error', reject)
    let result: Omit<Handshake, 'session'> | undefined
    socket.on('secureConnect', () => {
      const peer = socket.getPeerCertificate(true)
      // Node ends its chain with a root that points to itself, which it may have taken from the client's own store.
      const ends = peer.issuerCertificate === undefined || peer.issuerCertificate === peer
      result = {
        certificate: peer.raw === undefined ? undefined : new X509Certificate(peer.raw),
        chainLength: ends ? 1 : 2,
        protocol: socket.getProtocol(),
        isReused: socket.isSessionReused(),
      }
    })
    socket.resume()
    socket.on('close', () => {
      if (result === undefined) reject(new Error('closed before the handshake'))
      else resolve({ ...result, session })
    })
  })
}
