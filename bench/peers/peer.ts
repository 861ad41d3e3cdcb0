/**
 * A peer: a proxy or relay that the engine is measured against, as a process tree of its own.
 */

import type { BenchPki } from '../support/bench-pki.ts'
import type { Origin } from '../support/origin.ts'
import type { RuntimeUse } from '../support/runtime-figures.ts'
import type { Route } from '../support/tunnel.ts'

export interface PeerStart {
  readonly pki: BenchPki
  readonly origin: Origin
  /** An empty folder of its own. */
  readonly folder: string
}

export interface RunningPeer {
  /** Whether TLS goes straight to its port (a reverse proxy) or through a CONNECT. */
  readonly direct: boolean
  readonly port: number
  /** PEM file of the root that its leaves chain to. */
  readonly trust: string
  /** Its command line, and what its configuration says. */
  readonly configuration: string
  /** CPU time of all its processes, microseconds. */
  cpu(): Promise<number>
  memory(what: 'now' | 'peak'): number
  /** What Node tells of its main thread since the last call: of our own processes only. */
  runtime?(): Promise<RuntimeUse>
  /** Events so far, and those lost: of the engine only. */
  events?(): Promise<{ readonly told: number; readonly dropped: number }>
  stop(): Promise<void>
}

export interface Peer {
  readonly name: string
  /** One line: what it is and how it is set up. */
  readonly description: string
  /** Names of the workloads that it takes part in; all, and all else, where it does not say. */
  readonly only?: readonly string[]
  /** Undefined where it is not installed. */
  version(): string | undefined
  start(start: PeerStart): Promise<RunningPeer>
}

export function routeTo(peer: RunningPeer, origin: Origin): Route {
  return { port: peer.port, direct: peer.direct, authority: `localhost:${origin.port}` }
}
