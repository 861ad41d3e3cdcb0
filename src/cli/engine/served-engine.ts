/**
 * What the command line needs of the engine: types only, a part of `engine-types.ts`. Tests serve a fake through it.
 */

import type { SothEvent } from '../../shared/events/event.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'

/** What the engine has bound to and made, once it serves. */
export interface ServedAddresses {
  /** `host:port` with the port that the system chose, or `unix:/path`; in the order of the option `listen`. */
  readonly listen: readonly string[]
  /** `host:port` of the admin and metrics server; undefined where it is switched off. */
  readonly admin: string | undefined
  readonly ca: { readonly certPath: string; readonly fingerprint: string }
}

/** What is in force after a reload. */
export interface ServedReload {
  readonly rules: number
  readonly logLevel: EngineOptions['log_level']
}

/** A configuration file, and the flags that are laid over it. */
export interface ConfigurationSource {
  readonly file: string
  readonly overrides: Readonly<Record<string, unknown>>
  /** Rules of flags, in front of those of the file. */
  readonly firstRules: readonly unknown[]
}

export interface ServedEngine {
  start(): Promise<ServedAddresses>
  /** An empty filter: every event, in order per flow. Returns what ends the subscription. */
  subscribe(filter: Record<string, never>, listener: (event: SothEvent) => void): () => void
  /** Resolves when everything that has happened so far has been seen by the subscribers. */
  flush(): Promise<void>
  /** New options for connections that begin from now on. */
  reload(options: EngineOptions): Promise<ServedReload>
  /** Reads the configuration anew. */
  reloadFile(source: ConfigurationSource): Promise<ServedReload>
  /** Opens the events file anew, after it was renamed. */
  reopenEvents(): void
  drain(deadlineMs?: number): Promise<void>
  close(): Promise<void>
}

export interface ServedSettings {
  readonly log: (level: 'info' | 'warn' | 'error', message: string) => void
  /** Nobody reads the events on standard output any more. */
  readonly onOutputGone?: () => void
  /** What the sidecar's `Reload` does. */
  readonly reload?: () => Promise<ServedReload>
}

export type CreateServedEngine = (options: EngineOptions, settings: ServedSettings) => ServedEngine
