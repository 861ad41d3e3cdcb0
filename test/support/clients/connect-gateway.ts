/**
 * openGateway: a local port behind which each connection is a tunnel through the engine, for HTTP/2 clients that know no proxies
 * (nghttp, h2load, h2spec). Raw octets: the client speaks TLS with whom the engine lets it.
 */

import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { openTunnel } from '../proxy-client.ts'

/** Resolves to the port; closed with the test. */
export async function openGateway(t: Test, proxyPort: number, authority: string): Promise<number> {
  const sockets = new Set<Socket>()
  const server = createServer({ pauseOnConnect: true, noDelay: true, allowHalfOpen: true }, async (client) => {
    sockets.add(client)
    client.on('error', () => client.destroy())
    try {
      const tunnel = await openTunnel(proxyPort, authority)
      sockets.add(tunnel)
      tunnel.on('error', () => client.destroy())
      tunnel.once('close', () => client.end())
      client.once('close', () => tunnel.destroy())
      client.pipe(tunnel)
      tunnel.pipe(client)
    } catch {
      client.destroy()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
