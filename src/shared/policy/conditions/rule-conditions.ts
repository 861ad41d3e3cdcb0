/**
 * RuleConditions: what a rule asks besides its host, and from when on it can be answered. No thread of its own.
 *
 *     phase      known
 *     CONNECT    port, client, user, process, time
 *     HELLO      and the SNI, JA4
 *     REQUEST    and method, path, field, protocol
 *
 * A rule whose conditions need a later phase is *pending* at an earlier one, as long as nothing known speaks against it.
 */

import type { RuleOptions } from '../../options/rule-schema.ts'
import { HostIndex } from '../hosts/host-index.ts'
import { parseHostPattern } from '../hosts/host-pattern.ts'
import { type IpWords, parseIpAddress } from '../hosts/ip-address.ts'
import { type IpPrefix, parseIpPrefix, prefixContains } from '../hosts/ip-prefix.ts'
import type { RequestFacts } from '../policy-facts.ts'
import { FieldConditions } from './field-conditions.ts'
import { Glob } from './glob.ts'
import { type PathPattern, parsePathPattern } from './path-pattern.ts'
import { inPortRange, type PortRange, parsePortRange } from './port-range.ts'
import { type RuleProtocol, speaks } from './request-protocols.ts'
import { TimeWindow } from './time-window.ts'

export const CONNECT_PHASE = 0
export const HELLO_PHASE = 1
export const REQUEST_PHASE = 2
export type Phase = typeof CONNECT_PHASE | typeof HELLO_PHASE | typeof REQUEST_PHASE

/** What is known so far; later facts are absent in earlier phases. */
export type Facts = Pick<RequestFacts, 'host' | 'port' | 'client' | 'nowMs'> & Partial<RequestFacts>

type Match = RuleOptions['match']
/** A condition that `RuleConditions` answers; the index answers those about the host. */
export type ConditionName = Exclude<keyof Match, 'host' | 'domain'>

/** The phase from which on each condition can be answered. */
const PHASES: Readonly<Record<ConditionName, Phase>> = {
  port: CONNECT_PHASE,
  client: CONNECT_PHASE,
  user: CONNECT_PHASE,
  process: CONNECT_PHASE,
  time: CONNECT_PHASE,
  sni: HELLO_PHASE,
  ja4: HELLO_PHASE,
  method: REQUEST_PHASE,
  path: REQUEST_PHASE,
  field: REQUEST_PHASE,
  protocol: REQUEST_PHASE,
}
const CONDITIONS = Object.keys(PHASES) as readonly ConditionName[]

/** Facts that cost something to know. */
export interface Questions {
  /** The user or the process of a local client. */
  readonly owner: boolean
  /** The process alone, which costs a search. */
  readonly process: boolean
  readonly ja4: boolean
  /** Anything about requests. */
  readonly requests: boolean
}

export const NO_QUESTIONS: Questions = Object.freeze({ owner: false, process: false, ja4: false, requests: false })

export class RuleConditions {
  /** The first phase in which all conditions can be answered. */
  readonly phase: Phase
  readonly #ports: readonly PortRange[] | undefined
  readonly #clients: readonly IpPrefix[] | undefined
  readonly #users: readonly string[] | undefined
  readonly #processes: readonly Glob[] | undefined
  readonly #times: readonly TimeWindow[] | undefined
  readonly #snis: HostIndex | undefined
  readonly #ja4s: readonly Glob[] | undefined
  readonly #methods: ReadonlySet<string> | undefined
  readonly #paths: readonly PathPattern[] | undefined
  readonly #fields: FieldConditions | undefined
  readonly #protocols: readonly RuleProtocol[] | undefined

  constructor(match: Match) {
    this.phase = Math.max(CONNECT_PHASE, ...givenConditions(match).map((name) => PHASES[name])) as Phase
    this.#ports = mapGiven(match.port, parsePortRange)
    this.#clients = mapGiven(match.client, parseIpPrefix)
    this.#users = mapGiven(match.user, (user) => user)
    this.#processes = mapGiven(match.process, (name) => new Glob(name))
    this.#times = mapGiven(match.time, (window) => new TimeWindow(window))
    this.#snis = match.sni === undefined ? undefined : hostIndexOf(match.sni)
    this.#ja4s = mapGiven(match.ja4, (fingerprint) => new Glob(fingerprint))
    this.#methods = match.method === undefined ? undefined : new Set(listOf(match.method))
    this.#paths = mapGiven(match.path, parsePathPattern)
    this.#fields = match.field === undefined ? undefined : new FieldConditions(match.field)
    this.#protocols = mapGiven(match.protocol, (protocol) => protocol)
  }

  /** Whether everything that can be answered in `phase` holds. */
  hold(facts: Facts, phase: Phase): boolean {
    return this.failing(facts, phase) === undefined
  }

  /** The first condition that does not hold, of those that can be answered in `phase`. */
  failing(facts: Facts, phase: Phase): ConditionName | undefined {
    const early = this.#failingConnect(facts)
    if (early !== undefined || phase === CONNECT_PHASE) return early
    if (this.#snis !== undefined && (facts.sni === undefined || !this.#snis.holds(facts.sni))) return 'sni'
    if (this.#ja4s !== undefined && !matchesAny(this.#ja4s, facts.ja4)) return 'ja4'
    return phase === HELLO_PHASE ? undefined : this.#failingRequest(facts)
  }

  #failingConnect(facts: Facts): ConditionName | undefined {
    if (this.#ports?.some((range) => inPortRange(range, facts.port)) === false) return 'port'
    if (this.#clients !== undefined && !containsClient(this.#clients, facts.client)) return 'client'
    if (this.#users !== undefined && !isUser(this.#users, facts)) return 'user'
    if (this.#processes !== undefined && !matchesAny(this.#processes, facts.process)) return 'process'
    if (this.#times?.some((window) => window.contains(facts.nowMs)) === false) return 'time'
    return undefined
  }

  #failingRequest(facts: Facts): ConditionName | undefined {
    if (this.#methods?.has(facts.method ?? '') === false) return 'method'
    if (this.#paths?.some((pattern) => pattern.matches(facts.path ?? '')) === false) return 'path'
    if (this.#protocols?.some((protocol) => speaks(protocol, facts)) === false) return 'protocol'
    if (this.#fields !== undefined && (facts.fields === undefined || !this.#fields.hold(facts.fields, facts.authority))) return 'field'
    return undefined
  }
}

/** The conditions of a rule; undefined where it has none but its host, as most have. */
export function conditionsOf(match: Match): RuleConditions | undefined {
  return hasConditions(match) ? new RuleConditions(match) : undefined
}

export function hasConditions(match: Match): boolean {
  for (const name in match) if (name !== 'host' && name !== 'domain' && match[name as ConditionName] !== undefined) return true
  return false
}

export function givenConditions(match: Match): ConditionName[] {
  return CONDITIONS.filter((name) => match[name] !== undefined)
}

/** When the condition `name` can be answered first. */
export function phaseOf(name: ConditionName): Phase {
  return PHASES[name]
}

/** What `match` asks for, beside what is asked for already. */
export function questionsOf(match: Match, before: Questions): Questions {
  if (!hasConditions(match)) return before
  return {
    owner: before.owner || match.user !== undefined || match.process !== undefined,
    process: before.process || match.process !== undefined,
    ja4: before.ja4 || match.ja4 !== undefined,
    requests: before.requests || givenConditions(match).some((name) => PHASES[name] === REQUEST_PHASE),
  }
}

export function eitherAsks(one: Questions, other: Questions): Questions {
  return {
    owner: one.owner || other.owner,
    process: one.process || other.process,
    ja4: one.ja4 || other.ja4,
    requests: one.requests || other.requests,
  }
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

function isUser(users: readonly string[], { user, uid }: Facts): boolean {
  return (user !== undefined && users.includes(user)) || (uid !== undefined && users.includes(uid))
}

function matchesAny(globs: readonly Glob[], text: string | undefined): boolean {
  return text !== undefined && globs.some((glob) => glob.matches(text))
}

function mapGiven<Item, Made>(value: Item | readonly Item[] | undefined, make: (item: Item) => Made): readonly Made[] | undefined {
  return value === undefined ? undefined : listOf(value).map(make)
}

function listOf<Item>(value: Item | readonly Item[]): readonly Item[] {
  return Array.isArray(value) ? (value as readonly Item[]) : [value as Item]
}
