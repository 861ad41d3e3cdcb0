/**
 * The demo's origin: a TLS server on loopback with one page, under a certificate of its own private CA. Main thread.
 */

import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { makeCertificate } from './certificate-maker.ts'

const PAGE = '<!doctype html><title>demo</title><p>A page from the demo origin.\n'

export interface DemoOrigin {
  /** `localhost:port`. */
  readonly authority: string
  readonly port: number
  /** PEM of the CA that signed the origin's certificate. */
  readonly rootPem: string
  close(): Promise<void>
}

export async function startDemoOrigin(): Promise<DemoOrigin> {
  const root = makeCertificate({ commonName: 'soth-mitm demo root', ca: true })
  const leaf = makeCertificate({ commonName: 'localhost', names: ['localhost', '127.0.0.1', '::1'], issuer: root })
  const server: Server = createServer({ key: leaf.privateKeyPem, cert: leaf.certificatePem }, (_, response) => {
    response.writeHead(200, { 'content-type': 'text/html', 'set-cookie': 'session=secret' }).end(PAGE)
  })
  // By name, as the engine will dial it: whichever address family `localhost` means here.
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, 'localhost', resolve)
  })
  const { port } = server.address() as AddressInfo
  return {
    authority: `localhost:${port}`,
    port,
    rootPem: root.certificatePem,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
