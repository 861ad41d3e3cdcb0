/** An https.Agent whose connections go through the engine, for clients that take one: the SDKs of AWS. */

import { Agent } from 'node:https'
import type { Duplex } from 'node:stream'
import { type ConnectionOptions, connect } from 'node:tls'
import type { EngineHarness } from './engine-harness.ts'
import { openTunnel } from './proxy-client.ts'

export class ProxyAgent extends Agent {
  readonly #harness: EngineHarness

  constructor(harness: EngineHarness) {
    super({ keepAlive: true })
    this.#harness = harness
  }

  override createConnection(
    options: ConnectionOptions,
    callback?: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    const { proxyPort, caPem } = this.#harness
    openTunnel(proxyPort, `${options.host}:${options.port}`).then(
      (socket) => callback?.(null, connect({ socket, ca: caPem, servername: options.host ?? '', ALPNProtocols: ['http/1.1'] })),
      (error: Error) => callback?.(error, undefined as never),
    )
    return undefined
  }
}
