/**
 * BypassLearning: finds clients that do not trust our CA for a host, and proposes to tunnel that host for them (design §5).
 * Pure: outcomes and `now` come in, decisions and audit facts go out. Main thread.
 *
 * One cautious rule. Only what a client itself has said by an alert counts (`unknown_ca`, `cert_validation`, authoritative),
 * and only where the provider has shown to report alerts (native, mitmproxy). `threshold` such failures among the last
 * `window` outcomes of the exact (client, host) make a bypass for `ttlMs`; it ends by time or by revocation, and then has to
 * be earned anew. A parent domain learns nothing from its children.
 *
 *     outcomes ──▶ history of (client, host): a ring of `window` bits ──threshold──▶ bypass ──ttl | revoke──▶ forgotten
 *
 * Bounded: `capacity` histories and as many bypasses, the least recently used of each goes first. Configured bypasses are in
 * force whether or not learning is on, and have no end.
 */

import type { Bypass } from '../../shared/bypass.ts'
import type { ClientOutcome } from '../../shared/client-outcome.ts'
import { MAX_LEARNING_WINDOW } from '../../shared/limits/tls.ts'
import { RecentMap } from '../../shared/recent-map.ts'

export interface LearningOptions {
  /** Off by default: nothing is recorded, nothing is bypassed. */
  readonly enabled: boolean
  /** Outcomes looked back at: 1 to 32. */
  readonly window: number
  /** Trust failures among them that make a bypass: 1 to `window`. */
  readonly threshold: number
  readonly ttlMs: number
  /** Pairs of client and host that are remembered. */
  readonly capacity: number
  /** In force without having been learned. */
  readonly configured: readonly { readonly client: string; readonly host: string }[]
  /** Hosts that are never bypassed. */
  readonly isExcluded: (host: string) => boolean
}

/** Every step of the machine, for `tls_learning_audit`. */
export type LearningAudit = {
  readonly step: 'ignored' | 'counted' | 'learned' | 'expired' | 'revoked' | 'evicted'
  readonly client: string
  readonly host: string
  /** Trust failures among the outcomes remembered, this one included. */
  readonly failures: number
  readonly outcomes: number
  /** Why, in words. */
  readonly detail: string
}

interface History {
  /** The last outcomes, newest in the lowest bit: 1 is a trust failure. */
  bits: number
  count: number
}

const TRUST_FAILURES: ReadonlySet<ClientOutcome['reason']> = new Set<ClientOutcome['reason']>(['unknown_ca', 'cert_validation'])

export class BypassLearning {
  #options: LearningOptions
  #histories: RecentMap<string, History>
  #bypasses: RecentMap<string, Bypass>
  #configured: Map<string, Bypass>

  constructor(options: LearningOptions) {
    this.#options = bounded(options)
    this.#configured = configuredBypasses(options)
    this.#histories = new RecentMap(options.capacity)
    this.#bypasses = new RecentMap(options.capacity)
  }

  /** Goes on with other options. What they exclude, or, with learning off, everything learned, is revoked. */
  reconfigure(options: LearningOptions): LearningAudit[] {
    this.#options = bounded(options)
    this.#configured = configuredBypasses(options)
    // Histories have the length of the window that they were made with.
    this.#histories = new RecentMap(options.capacity)
    const before = this.#bypasses
    this.#bypasses = new RecentMap(options.capacity)
    const steps: LearningAudit[] = []
    for (const [key, bypass] of before) {
      if (options.enabled && !options.isExcluded(bypass.host)) steps.push(...this.#keep(key, bypass))
      else steps.push(audit('revoked', bypass, 0, 0, options.enabled ? 'excluded by the configuration' : 'learning is off'))
    }
    return steps
  }

  /** Takes in the outcome of one handshake; returns what was made of it, at most one step per call and eviction. */
  record(outcome: ClientOutcome, nowMs: number): LearningAudit[] {
    if (!this.#options.enabled) return []
    const refusal = this.#refusal(outcome)
    if (refusal !== undefined) return outcome.reason === undefined ? [] : [audit('ignored', outcome, 0, 0, refusal)]
    const key = keyOf(outcome.client, outcome.host)
    const failed = TRUST_FAILURES.has(outcome.reason)
    const history = this.#histories.get(key)
    // A pair that never failed is not worth a place: successes only count where there is something to outweigh.
    if (history === undefined && !failed) return []
    return this.#count(key, history ?? { bits: 0, count: 0 }, outcome, failed, nowMs)
  }

  /** Whether policy should tunnel `host` for `client`; an audit fact where a bypass has run out just now. */
  lookup(client: string, host: string, nowMs: number): { readonly bypass: boolean; readonly expired: LearningAudit | undefined } {
    if (this.#bypasses.size === 0 && this.#configured.size === 0) return NO_BYPASS
    const key = keyOf(client, host)
    if (this.#configured.has(key)) return BYPASS
    const bypass = this.#bypasses.use(key)
    if (bypass === undefined || !this.#options.enabled) return NO_BYPASS
    if (nowMs < bypass.expiresAtMs) return BYPASS
    this.#bypasses.delete(key)
    return { bypass: false, expired: audit('expired', bypass, 0, 0, `learned ${nowMs - bypass.learnedAtMs} ms ago`) }
  }

  /** The bypasses in force: the configured ones, then the learned ones, the least recently used first. */
  list(nowMs: number): Bypass[] {
    return [...this.#configured.values(), ...[...this.#bypasses.values()].filter((bypass) => nowMs < bypass.expiresAtMs)]
  }

  /** Drops bypasses whose time is over, for a periodic audit. */
  sweep(nowMs: number): LearningAudit[] {
    const steps: LearningAudit[] = []
    for (const [key, bypass] of this.#bypasses) {
      if (nowMs < bypass.expiresAtMs) continue
      this.#bypasses.delete(key)
      steps.push(audit('expired', bypass, 0, 0, `learned ${nowMs - bypass.learnedAtMs} ms ago`))
    }
    return steps
  }

  /**
   * Takes back the bypasses of `host`: for one client, or for all. Their histories are forgotten with them. A configured one
   * is out of force until the configuration is read again.
   */
  revoke(host: string, client?: string): LearningAudit[] {
    const steps: LearningAudit[] = []
    for (const bypasses of [this.#configured, this.#bypasses]) {
      for (const [key, bypass] of bypasses) {
        if (bypass.host !== host || (client !== undefined && bypass.client !== client)) continue
        bypasses.delete(key)
        this.#histories.delete(key)
        const until = bypass.origin === 'configured' ? ', until the configuration is read again' : ''
        steps.push(audit('revoked', bypass, 0, 0, `${client === undefined ? 'for every client' : 'for this client'}${until}`))
      }
    }
    return steps
  }

  /** Why an outcome may not teach anything; `undefined` where it may. */
  #refusal(outcome: ClientOutcome): string | undefined {
    if (outcome.side !== 'client') return 'not about the client’s trust'
    // Design §5: outcomes of hudsucker are always inferred, whatever they say of themselves.
    if (outcome.provider === 'hudsucker') return 'provider hudsucker is never learned from'
    if (outcome.client === '' || outcome.host === '') return 'the client or the host is not known'
    if (this.#options.isExcluded(outcome.host)) return 'the host is excluded by the configuration'
    if (outcome.reason !== undefined && outcome.source !== 'authoritative') return 'inferred'
    if (outcome.reason !== undefined && !TRUST_FAILURES.has(outcome.reason)) return `${outcome.reason} says nothing about trust`
    return undefined
  }

  #count(key: string, history: History, outcome: ClientOutcome, failed: boolean, nowMs: number): LearningAudit[] {
    const { threshold, ttlMs, window } = this.#options
    const mask = window === MAX_LEARNING_WINDOW ? ~0 : (1 << window) - 1
    history.bits = ((history.bits << 1) | (failed ? 1 : 0)) & mask
    history.count = Math.min(history.count + 1, window)
    const failures = bitCount(history.bits)
    const steps = [audit('counted', outcome, failures, history.count, outcome.reason ?? 'succeeded')]
    const isLearned = failures >= threshold && this.#bypasses.get(key) === undefined
    // A bypass is earned anew after it has run out: one late failure must not renew it.
    if (failures === 0 || isLearned) this.#histories.delete(key)
    else this.#histories.put(key, history)
    if (!isLearned) return steps
    const { client, host } = outcome
    steps.push(audit('learned', outcome, failures, history.count, `for ${ttlMs} ms`))
    steps.push(...this.#keep(key, { client, host, origin: 'learned', learnedAtMs: nowMs, expiresAtMs: nowMs + ttlMs }))
    return steps
  }

  /** Puts a bypass in force; the one that makes way for it, if any, is told. */
  #keep(key: string, bypass: Bypass): LearningAudit[] {
    const evicted = this.#bypasses.put(key, bypass)
    return evicted === undefined ? [] : [audit('evicted', evicted, 0, 0, 'the table is full')]
  }
}

function bounded(options: LearningOptions): LearningOptions {
  const window = Math.min(Math.max(1, options.window), MAX_LEARNING_WINDOW)
  return { ...options, window, threshold: Math.min(Math.max(1, options.threshold), window) }
}

function configuredBypasses({ configured }: LearningOptions): Map<string, Bypass> {
  const end = { origin: 'configured', learnedAtMs: 0, expiresAtMs: Number.POSITIVE_INFINITY } as const
  return new Map(configured.map(({ client, host }) => [keyOf(client, host), { client, host, ...end }]))
}

const BYPASS = { bypass: true, expired: undefined } as const
const NO_BYPASS = { bypass: false, expired: undefined } as const

function audit(
  step: LearningAudit['step'],
  pair: { readonly client: string; readonly host: string },
  failures: number,
  outcomes: number,
  detail: string,
): LearningAudit {
  return { step, client: pair.client, host: pair.host, failures, outcomes, detail }
}

/** A space is in no address and in no host. */
function keyOf(client: string, host: string): string {
  return `${client} ${host}`
}

function bitCount(bits: number): number {
  let count = 0
  for (let left = bits; left !== 0; left &= left - 1) count++
  return count
}
