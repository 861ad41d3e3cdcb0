/**
 * RuleConditions: what a rule asks besides its host, and from when on it can be answered. No thread of its own.
 *
 *     phase      known
 *     CONNECT    port, client
 *     HELLO      and the SNI
 *     REQUEST    and method, path
 *
 * A rule whose conditions need a later phase is *pending* at an earlier one, as long as nothing known speaks against it.
 */

import type { RuleOptions } from '../options/rule-schema.ts'
import { HostIndex } from './host-index.ts'
import { parseHostPattern } from './host-pattern.ts'
import { type IpWords, parseIpAddress } from './ip-address.ts'
import { type IpPrefix, parseIpPrefix, prefixContains } from './ip-prefix.ts'
import { type PathPattern, parsePathPattern } from './path-pattern.ts'
import type { RequestFacts } from './policy.ts'

export const CONNECT_PHASE = 0
export const HELLO_PHASE = 1
export const REQUEST_PHASE = 2
export type Phase = typeof CONNECT_PHASE | typeof HELLO_PHASE | typeof REQUEST_PHASE

/** What is known so far; later facts are absent in earlier phases. */
export type Facts = Pick<RequestFacts, 'host' | 'port' | 'client'> & Partial<RequestFacts>

export class RuleConditions {
  /** The first phase in which all conditions can be answered. */
  readonly phase: Phase
  readonly #ports: readonly number[] | undefined
  readonly #clients: readonly IpPrefix[] | undefined
  readonly #snis: HostIndex | undefined
  readonly #methods: ReadonlySet<string> | undefined
  readonly #paths: readonly PathPattern[] | undefined

  constructor({ port, client, sni, method, path }: RuleOptions['match']) {
    this.#ports = typeof port === 'number' ? [port] : port
    this.#clients = client === undefined ? undefined : listOf(client).map(parseIpPrefix)
    this.#snis = sni === undefined ? undefined : hostIndexOf(sni)
    this.#methods = method === undefined ? undefined : new Set(listOf(method))
    this.#paths = path === undefined ? undefined : listOf(path).map(parsePathPattern)
    const isAboutRequests = method !== undefined || path !== undefined
    this.phase = isAboutRequests ? REQUEST_PHASE : sni !== undefined ? HELLO_PHASE : CONNECT_PHASE
  }

  /** Whether everything that can be answered in `phase` holds. */
  hold(facts: Facts, phase: Phase): boolean {
    if (this.#ports !== undefined && !this.#ports.includes(facts.port)) return false
    if (this.#clients !== undefined && !containsClient(this.#clients, facts.client)) return false
    if (phase === CONNECT_PHASE) return true
    if (this.#snis !== undefined && (facts.sni === undefined || !this.#snis.holds(facts.sni))) return false
    if (phase === HELLO_PHASE) return true
    if (this.#methods?.has(facts.method ?? '') === false) return false
    return this.#paths === undefined || this.#paths.some((pattern) => pattern.matches(facts.path ?? ''))
  }
}

/** The conditions of a rule; undefined where it has none but its host, as most have. */
export function conditionsOf({ port, client, sni, method, path }: RuleOptions['match']): RuleConditions | undefined {
  const given = [port, client, sni, method, path].some((condition) => condition !== undefined)
  return given ? new RuleConditions({ port, client, sni, method, path } as RuleOptions['match']) : undefined
}

function hostIndexOf(patterns: readonly string[]): HostIndex {
  const index = new HostIndex()
  for (const text of patterns) index.add(parseHostPattern(text), 0)
  return index
}

function containsClient(prefixes: readonly IpPrefix[], text: string): boolean {
  const client: IpWords | undefined = parseIpAddress(text)
  return client !== undefined && prefixes.some((prefix) => prefixContains(prefix, client))
}

function listOf<Item>(value: Item | readonly Item[]): readonly Item[] {
  return Array.isArray(value) ? (value as readonly Item[]) : [value as Item]
}
