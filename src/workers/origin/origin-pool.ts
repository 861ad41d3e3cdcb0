/**
 * OriginPool: clean, idle HTTP/1.1 connections to origins, parked between two clients (design §3, "Origin reuse"). Worker
 * thread.
 *
 * A connection is parked for a moment only. While it is, any byte, end or error of it ends it: an origin that speaks unasked
 * is no longer clean.
 */

import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { PARKED_ORIGINS, PARKED_ORIGINS_PER_KEY } from '../../shared/limits/origins.ts'

/** A connection to an origin with its handshake done. */
export interface OpenOrigin {
  readonly secure: TLSSocket
  readonly tcp: Socket
  /** It was parked: its origin may be closing it at this moment (RFC 9112 §9.3.1). */
  readonly isReused?: boolean
}

class Parked implements OpenOrigin {
  readonly isReused = true
  readonly secure: TLSSocket
  readonly tcp: Socket
  readonly #onSpoilt: (parked: Parked) => void
  readonly #deadline: NodeJS.Timeout

  constructor(origin: OpenOrigin, maxAgeMs: number, onSpoilt: (parked: Parked) => void) {
    this.secure = origin.secure
    this.tcp = origin.tcp
    this.#onSpoilt = onSpoilt
    const { secure } = this
    secure.on('data', this.#spoil).on('end', this.#spoil).on('error', this.#spoil).on('close', this.#spoil)
    secure.resume()
    this.#deadline = setTimeout(this.#spoil, maxAgeMs)
    this.#deadline.unref()
  }

  /** Ends the parking; the connection is as it was, and paused. */
  release(): void {
    const { secure } = this
    clearTimeout(this.#deadline)
    secure.pause()
    secure.off('data', this.#spoil).off('end', this.#spoil).off('error', this.#spoil).off('close', this.#spoil)
  }

  readonly #spoil = (): void => {
    this.release()
    this.secure.on('error', ignore)
    this.secure.destroy()
    this.#onSpoilt(this)
  }
}

export class OriginPool {
  readonly #byKey = new Map<string, Parked[]>()
  /** Connections by `host port`, whatever else their keys say. */
  readonly #byAddress = new Map<string, number>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Whether a connection to `host`:`port` is parked under any key: then a CONNECT to it need not dial to be answered. */
  hasAddress(host: string, port: number): boolean {
    return this.#byAddress.has(addressOf(host, port))
  }

  /** The connection parked last under `key`, which is the least likely to be closed by its origin. */
  take(key: string): OpenOrigin | undefined {
    const parked = this.#byKey.get(key)?.at(-1)
    if (parked === undefined) return undefined
    parked.release()
    this.#remove(key, parked)
    return parked
  }

  /** Parks `origin`; returns false where there is no room. The key begins with host and port. */
  park(key: string, origin: OpenOrigin, maxAgeMs: number): boolean {
    const siblings = this.#byKey.get(key) ?? []
    if (this.#size >= PARKED_ORIGINS || siblings.length >= PARKED_ORIGINS_PER_KEY) return false
    siblings.push(new Parked(origin, maxAgeMs, (parked) => this.#remove(key, parked)))
    this.#byKey.set(key, siblings)
    const address = keyAddress(key)
    this.#byAddress.set(address, (this.#byAddress.get(address) ?? 0) + 1)
    this.#size++
    return true
  }

  close(): void {
    for (const parked of [...this.#byKey.values()].flat()) {
      parked.release()
      parked.secure.on('error', ignore)
      parked.secure.destroy()
    }
    this.#byKey.clear()
    this.#byAddress.clear()
    this.#size = 0
  }

  #remove(key: string, parked: Parked): void {
    const siblings = this.#byKey.get(key)
    const at = siblings?.indexOf(parked) ?? -1
    if (siblings === undefined || at === -1) return
    siblings.splice(at, 1)
    if (siblings.length === 0) this.#byKey.delete(key)
    const address = keyAddress(key)
    const left = (this.#byAddress.get(address) ?? 1) - 1
    if (left === 0) this.#byAddress.delete(address)
    else this.#byAddress.set(address, left)
    this.#size--
  }
}

function addressOf(host: string, port: number): string {
  return `${host} ${port}`
}

/** Keys are made by `originKey`: host and port come first, and neither has a space in it. */
function keyAddress(key: string): string {
  return key.slice(0, key.indexOf(' ', key.indexOf(' ') + 1))
}

function ignore(): void {}
