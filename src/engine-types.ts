/**
 * The engine as its users see it. Types only.
 */

import type { ConfigurationFile } from './loader/loader-protocol.ts'
import type { EventFilter } from './shared/aggregator-protocol.ts'
import type { EventOfAny } from './shared/events/event.ts'
import type { EventName } from './shared/events/schema.ts'
import type { EngineOptions, EngineOptionsInput } from './shared/options/schema.ts'

export type { ConfigurationFile }

/** The engine's own messages, for an operator. */
export type Log = (level: 'info' | 'warn' | 'error', message: string) => void

/**
 * Gets events in order; a promise that it returns is waited for before the next. An `events_dropped` comes to every listener that has
 * lost some, whatever its filter names. What the listener throws, or the promise rejects with, ends nothing: of each subscription
 * the first such failure is told by a warning of the process (`process.on('warning')`).
 */
export type EventListener<Name extends EventName = EventName> = (event: EventOfAny<Name | 'events_dropped'>) => void | Promise<void>

/** What runs where, once the engine has started. */
export interface EngineAddresses {
  /** Bound addresses, with the ports that the system chose: `host:port`, `[v6]:port` or `unix:/path`. */
  readonly listen: readonly string[]
  /** Where metrics and health are served, `host:port`; undefined: nowhere. */
  readonly admin: string | undefined
  /** Where gRPC is served: `unix:/path` or `host:port`; undefined: nowhere. */
  readonly sidecar?: string | undefined
  readonly ca: {
    /** PEM file that clients must trust. */
    readonly certPath: string
    /** SHA-256, `AB:CD:…`. */
    readonly fingerprint: string
  }
}

export interface EngineSettings {
  /** Where the engine's own messages go; default: nowhere. */
  readonly log?: Log
  /** Nobody reads the events any more that `events.file: '-'` writes to standard output; default: they are lost, and the engine goes on. */
  readonly onOutputGone?: () => void
  /** What the sidecar's `Reload` does; default: it refuses. */
  readonly reload?: () => Promise<Reloaded>
}

/** What a reload has brought. */
export interface Reloaded {
  readonly rules: number
  readonly logLevel: EngineOptions['log_level']
}

export interface Engine {
  /**
   * Opens the CA, binds the listeners, starts the threads. Rejects with a `UserError`; nothing is left running then. Called again it
   * resolves to the same; an engine that was closed does not start again.
   */
  start(): Promise<EngineAddresses>
  /**
   * Calls `listener` for each event that `filter` wants. At most `queue` events wait for it; what comes beyond is lost, counted,
   * and announced by an `events_dropped`. Returns what ends the subscription. Throws a `TypeError` for a filter that names what there
   * is not.
   */
  subscribe<Name extends EventName = EventName>(
    filter: EventFilter<Name>,
    listener: EventListener<NoInfer<Name>>,
    settings?: { readonly queue?: number },
  ): () => void
  /** Resolves when everything that has happened so far is written by the sinks and seen by the subscribers. */
  flush(): Promise<void>
  /** Opens the events file anew, after it was renamed. */
  reopenEvents(): void
  /**
   * New options for flows that begin from now on; flows in progress keep theirs. Rejects, and changes nothing, where they are not valid.
   * While the engine starts it waits for that.
   */
  reload(options: EngineOptionsInput): Promise<Reloaded>
  /** The same from a file, which is read, checked and compiled in a thread of its own. */
  reloadFile(source: ConfigurationFile): Promise<Reloaded>
  /** Takes no new connections; resolves when all flows have ended, at the latest after `deadlineMs`. */
  drain(deadlineMs?: number): Promise<void>
  /** Ends everything at once. Events that were made are delivered first. */
  close(): Promise<void>
}
