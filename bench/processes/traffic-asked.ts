/**
 * What the load of `traffic.ts` can be asked for.
 */

import type { Route } from '../support/tunnel.ts'

export interface Connect {
  readonly route: Route
  readonly servername: string
  readonly connections: number
  /** How many may be opening at once. */
  readonly concurrency?: number
}

export interface Requests {
  readonly count: number
  readonly path: string
  /** Of the Host field, with the port: there are peers that send the request where it says. */
  readonly host: string
  /** Field lines beyond the usual ones. */
  readonly extra?: string
}

export interface Churn {
  readonly route: Route
  readonly count: number
  readonly concurrency: number
  readonly path: string
  /** With `*` in it, each connection has a name of its own there. */
  readonly servername: string
  readonly resume: boolean
  /** The client closes without having said so in its request (curl, most SDKs): a proxy may keep its own connection. */
  readonly unannounced?: boolean
}

export interface Http2Requests {
  readonly count: number
  readonly path: string
  /** Streams open at a time on each connection. */
  readonly streams: number
}
