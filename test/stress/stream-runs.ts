/**
 * What the stream stress runs share: proxies, origin and clients as processes of their own.
 */

import { join } from 'node:path'
import { type BenchPki, makeBenchPki } from '../../bench/support/bench-pki.ts'
import { Child } from '../../bench/support/child.ts'

const PROCESSES = '../test/stress/processes'

export interface StreamProxy {
  readonly child: Child
  readonly port: number
  /** What its clients must trust. */
  readonly ca: string
}

export class StreamRuns {
  readonly pki: BenchPki = makeBenchPki()
  readonly #children: Child[] = []

  async origin(): Promise<{ child: Child; port: number }> {
    const { child, ready } = await Child.start<{ port: number }>(`${PROCESSES}/stream-origin.js`, [this.pki.certificate, this.pki.key])
    this.#children.push(child)
    return { child, port: ready.port }
  }

  async clients(proxy: StreamProxy): Promise<Child> {
    const { child } = await Child.start(`${PROCESSES}/stream-clients.js`, [proxy.ca])
    this.#children.push(child)
    return child
  }

  async engine(more: object = {}): Promise<StreamProxy> {
    const options = {
      listen: '127.0.0.1:0',
      admin: '127.0.0.1:0',
      workers: 1,
      ca_dir: join(this.pki.folder, 'engine-ca'),
      upstream: { extra_ca_file: this.pki.ca },
      ...more,
    }
    const { child, ready } = await Child.start<{ port: number; ca: string }>(
      'processes/engine.js',
      [JSON.stringify(options)],
      ['--expose-gc'],
    )
    this.#children.push(child)
    return { child, port: ready.port, ca: ready.ca }
  }

  async stop(): Promise<void> {
    for (const child of this.#children) await child.stop()
    this.pki.remove()
  }
}
