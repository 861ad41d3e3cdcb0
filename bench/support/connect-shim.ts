/**
 * ConnectShim: a local TCP port behind which is a CONNECT tunnel, for load generators that know no proxies (autocannon). Raw octets:
 * whoever connects speaks TLS with whom the proxy lets it.
 */

import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { pipeline } from 'node:stream'
import { openTunnel, type Route } from './tunnel.ts'

export class ConnectShim {
  readonly #server: Server
  readonly #clients = new Set<Socket>()
  /** Tunnels that the proxy refused. */
  refused = 0

  private constructor(route: Route) {
    this.#server = createServer({ noDelay: true, pauseOnConnect: true }, (client) => void this.#serve(client, route))
  }

  static async open(route: Route): Promise<ConnectShim> {
    const shim = new ConnectShim(route)
    await new Promise<void>((resolve, reject) => {
      shim.#server.once('error', reject)
      shim.#server.listen(0, '127.0.0.1', resolve)
    })
    return shim
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.destroy()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(client: Socket, route: Route): Promise<void> {
    this.#clients.add(client)
    client.once('close', () => this.#clients.delete(client))
    client.once('error', () => client.destroy())
    try {
      const tunnel = await openTunnel(route)
      pipeline(client, tunnel, ignore)
      pipeline(tunnel, client, ignore)
    } catch {
      this.refused++
      client.destroy()
    }
  }
}

/** An end that was torn is torn on the other side too, which is all there is to do. */
function ignore(): void {}
