/**
 * Origins for tests of the whole: TLS and cleartext servers on loopback ports that the system chose, under a root of their own.
 */

import { createServer as createHttpServer, type RequestListener } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTlsServer, type TLSSocket } from 'node:tls'
import type { CertificateWish, MadeCertificate } from '../../src/cli/demo/certificate-maker.ts'
import { makeRoot, makeServerCertificate } from './pki/test-pki.ts'

export interface TestOrigin {
  readonly port: number
  readonly server: Server
  /** Connections accepted so far. */
  readonly connections: number
  /** Destroys every open connection. */
  drop(): void
  close(): Promise<void>
}

/** The root that all test origins are signed by, one per process. */
export const ORIGIN_ROOT: MadeCertificate = makeRoot({ commonName: 'origin root' })
const NAMES = ['localhost', '127.0.0.1', '::1', '*.test.example']

/** Certificate and key for a test origin; `overrides` spoil it. */
export function originCertificate(overrides: Partial<CertificateWish> = {}): { cert: string; key: string } {
  const made = makeServerCertificate({ names: NAMES, issuer: ORIGIN_ROOT, ...overrides })
  return { cert: made.certificatePem, key: made.privateKeyPem }
}

/** An HTTPS origin by Node's own server: a judge of what reaches it that shares no code with ours. */
export function startHttpsOrigin(listener: RequestListener, overrides: Partial<CertificateWish> = {}): Promise<TestOrigin> {
  return listen(createHttpsServer({ ...originCertificate(overrides), keepAlive: true }, listener))
}

export function startHttpOrigin(listener: RequestListener, host = '127.0.0.1'): Promise<TestOrigin> {
  return listen(createHttpServer(listener), host)
}

/** A TLS origin whose bytes the test writes itself. */
export function startTlsOrigin(onSocket: (socket: TLSSocket) => void, alpn: readonly string[] = ['http/1.1']): Promise<TestOrigin> {
  return listen(
    createTlsServer({ ...originCertificate(), ALPNProtocols: [...alpn], allowHalfOpen: true } as object, (socket) => {
      socket.on('error', () => socket.destroy())
      onSocket(socket)
    }),
  )
}

/** A TCP origin whose bytes the test writes itself. */
export function startTcpOrigin(onSocket: (socket: Socket) => void, host = '127.0.0.1'): Promise<TestOrigin> {
  return listen(
    createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
      socket.on('error', () => socket.destroy())
      onSocket(socket)
    }),
    host,
  )
}

async function listen(server: Server, host = '127.0.0.1'): Promise<TestOrigin> {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on('connection', (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, host, resolve))
  const drop = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    port: (server.address() as AddressInfo).port,
    server,
    get connections() {
      return connections
    },
    drop,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        drop()
      }),
  }
}
