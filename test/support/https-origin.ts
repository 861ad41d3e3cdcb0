/** HttpsOrigin: an origin on loopback that answers every request with 200, for tests of the engine as a whole. */

import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Test } from 'tap'

/** Resolves to its port; closed with the test. */
export async function startHttpsOrigin(t: Test, options: ServerOptions): Promise<number> {
  const server = createServer(options, (_request, response) => response.end('ok'))
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
