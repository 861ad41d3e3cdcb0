/**
 * The engine as its users see it: types only. `engine.ts` implements them, the CLI and `index.ts` are written against them.
 */

import type { SothEvent } from './shared/events/event.ts'
import type { EventName } from './shared/events/schema.ts'
import type { EngineOptionsInput } from './shared/options/schema.ts'

/** What the engine has bound to and made, once it serves. */
export interface EngineAddresses {
  /** `host:port` with the port that the system chose, or `unix:/path`; in the order of the option `listen`. */
  readonly listen: readonly string[]
  /** `host:port` of the admin and metrics server; undefined where it is switched off. */
  readonly admin: string | undefined
  readonly ca: {
    /** The CA certificate in PEM, which clients must trust. */
    readonly certPath: string
    /** SHA-256 of the certificate, upper-case hex with colons. */
    readonly fingerprint: string
  }
}

/** All given conditions must hold; an empty filter lets every event pass. */
export interface EventFilter {
  readonly events?: readonly EventName[]
  readonly server_host?: string
  readonly flow_id?: string
}

export type EventListener = (event: SothEvent) => void

export interface Engine {
  /** Resolves when every listener accepts. Rejects with a UserError when it cannot, having closed what was open. */
  start(): Promise<EngineAddresses>
  /** Events from now on, in order per flow. The returned function ends the subscription. */
  subscribe(filter: EventFilter, listener: EventListener): () => void
  /** Swaps policy and knobs for flows to come. Rejects with a ConfigError, and changes nothing, when `options` are not accepted. */
  reload(options: EngineOptionsInput): Promise<void>
  /** Accepts no more, and resolves when the flows in progress have ended or `deadlineMs` has passed. */
  drain(deadlineMs?: number): Promise<void>
  /** Ends everything at once and frees every resource. */
  close(): Promise<void>
}

export type CreateEngine = (options?: EngineOptionsInput) => Engine
