/**
 * CaMaterial: a CA as text: what the store keeps and what crosses threads. Types only; no thread of its own.
 */

export interface CaMaterial {
  /** PKCS#8, not encrypted. */
  readonly keyPem: string
  readonly certificatePem: string
  /** Intermediates between an imported CA and its root, in sending order; empty for a root. */
  readonly chainPem: string
  readonly previous: readonly PreviousCa[]
}

/** A CA that a rotation has replaced; its certificate stays published for a while. */
export interface PreviousCa {
  readonly certificatePem: string
  readonly publishedUntilMs: number
}
