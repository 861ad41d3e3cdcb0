/**
 * Session ticket keys that all workers share without a message: derived from one secret of this engine run and the clock.
 *
 *     keys(epoch) = HKDF-SHA256(secret, info "soth-mitm ticket keys <epoch>", 48 octets)       RFC 5869
 *     epoch       = ⌊now / TICKET_KEY_PERIOD_MS⌋
 *     48 octets   = name 16 │ HMAC key 16 │ AES key 16                                          Node's setTicketKeys
 *
 * Node holds one set per context, so a rotation ends the resumption of older tickets: OpenSSL does not know their name, and the
 * client pays one full handshake. That is one per client and period. The secret lives in memory only, beside the CA key; a
 * restart makes a new one. Any thread.
 */

import { hkdfSync, randomBytes } from 'node:crypto'
import type { SecureContext } from 'node:tls'
import { TICKET_KEY_PERIOD_MS } from '../../../shared/limits/certificates.ts'

const SECRET_BYTES = 32
const TICKET_KEYS_BYTES = 48

/** Made once by the main thread at start, and given to every worker. */
export function createTicketSecret(): Uint8Array {
  return new Uint8Array(randomBytes(SECRET_BYTES))
}

export class TicketKeys {
  readonly #secret: Uint8Array
  readonly #now: () => number
  #epoch = -1
  #keys = Buffer.alloc(0)

  constructor(secret: Uint8Array, now: () => number) {
    this.#secret = secret
    this.#now = now
  }

  /** Number of the period that `keys` belongs to now. */
  epoch(): number {
    return Math.floor(this.#now() / TICKET_KEY_PERIOD_MS)
  }

  /** The 48 octets of this period. */
  keys(): Buffer {
    const epoch = this.epoch()
    if (epoch !== this.#epoch) {
      this.#keys = Buffer.from(hkdfSync('sha256', this.#secret, '', `soth-mitm ticket keys ${epoch}`, TICKET_KEYS_BYTES))
      this.#epoch = epoch
    }
    return this.#keys
  }

  /** Puts this period's keys into a context made in an earlier one. */
  renew(context: SecureContext): void {
    // The public API sets ticket keys when a context is made or through a tls.Server; the native context has the same setter.
    const native = context.context as { setTicketKeys(keys: Buffer): void }
    native.setTicketKeys(this.keys())
  }
}
