/**
 * The engine and the origin of the run with large bodies, as processes of their own.
 */

import { join } from 'node:path'
import { type BenchPki, makeBenchPki } from '../../bench/support/bench-pki.ts'
import { Child } from '../../bench/support/child.ts'

const PROCESSES = '../test/stress/processes'

export interface BodyProxy {
  readonly child: Child
  readonly port: number
  /** What its clients must trust. */
  readonly ca: string
}

export class BodyRuns {
  readonly pki: BenchPki = makeBenchPki()
  readonly #children: Child[] = []

  async origin(): Promise<{ child: Child; port: number }> {
    const { child, ready } = await Child.start<{ port: number }>(`${PROCESSES}/body-origin.js`, [this.pki.certificate, this.pki.key])
    this.#children.push(child)
    return { child, port: ready.port }
  }

  async engine(more: object = {}): Promise<BodyProxy> {
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
