/**
 * Bypass: a host that is tunnelled for one client, learned or configured. Plain data, as the admin API shows it.
 */

export interface Bypass {
  readonly client: string
  readonly host: string
  readonly origin: 'learned' | 'configured'
  /** Wall time, milliseconds; 0 where configured. */
  readonly learnedAtMs: number
  /** Infinity where configured. */
  readonly expiresAtMs: number
}

/** What the admin API asks of the main thread, which keeps the bypasses. */
export type BypassRequest =
  | { readonly kind: 'list' }
  /** `client` undefined: for every client. */
  | { readonly kind: 'revoke'; readonly host: string; readonly client: string | undefined }

export interface BypassAnswer {
  /** How many were revoked. */
  readonly revoked: number
  /** Those in force now. */
  readonly bypasses: readonly Bypass[]
}
