/**
 * Policy: ordered rules, compiled; decides `intercept | tunnel | block` for a flow. Pure: facts in, decision out.
 *
 * Theory of operation. A host index yields the rules whose host condition holds, lowest number first. Each is tested for its
 * other conditions; the first with an action decides; those before it without an action only carry options. Hosts that are to
 * be ignored are looked up before all rules. One decision costs one look-up and as many tests as rules for this very host
 * stand before the deciding one.
 *
 * Facts grow along a flow's life (connect, ClientHello, request head). Each phase has its own `decide…` method; a later one
 * takes the facts of the earlier as well, and the decision it replaces. Compiled once per reload and thread; a flow keeps the
 * policy it began with. Acceptor and workers.
 */

import { type RuleFault, ruleName } from '../faults/rule-fault.ts'
import type { RuleOptions } from '../options/rule-schema.ts'
import type { EngineOptions } from '../options/schema.ts'
import { defaultFlowOptions, type FlowOptions, mergeFlowOptions } from './flow-options.ts'
import type { HostIndex } from './host-index.ts'
import { END } from './posting-lists.ts'
import { CONNECT_PHASE, type Facts, HELLO_PHASE, type Phase, REQUEST_PHASE, type RuleConditions } from './rule-conditions.ts'

/** What is known when a CONNECT head, or the head of a plain request, has been read. */
export interface ConnectFacts {
  /** Host as the client wrote it: name, IPv4, or IPv6 with or without brackets. */
  readonly host: string
  readonly port: number
  /** The client's IP address; empty for a Unix-domain socket, which no client condition matches. */
  readonly client: string
}

/** What is known when a request head has been read. */
export interface RequestFacts extends ConnectFacts {
  /** Name asked for in the ClientHello; undefined without TLS, or without one. */
  readonly sni: string | undefined
  readonly method: string
  /** The request target, as it was sent. */
  readonly path: string
}

export interface Decision {
  readonly action: 'intercept' | 'tunnel' | 'block'
  /** Name of the deciding rule; `default` or `ignore_hosts` where no rule decided. */
  readonly rule: string
  readonly options: FlowOptions
  /**
   * A rule that needs later facts stands before the one that decides: the connection is intercepted so that it can be judged,
   * and each request is to be decided anew.
   */
  readonly isPending: boolean
}

/** What `compilePolicy` makes of the options. */
export interface CompiledRules {
  readonly hosts: HostIndex
  readonly ignored: HostIndex
  /** By rule number; rules without further conditions, which is most of them, have no entry. */
  readonly conditions: ReadonlyMap<number, RuleConditions>
  /** By the rule that carries them. */
  readonly faults: ReadonlyMap<RuleOptions, readonly RuleFault[]>
}

const NO_CARRIERS: readonly RuleOptions[] = []

export class Policy {
  readonly #rules: readonly RuleOptions[]
  readonly #compiled: CompiledRules
  readonly #defaults: FlowOptions
  readonly #ignoreDecision: Decision
  readonly #defaultAction: Decision['action']

  constructor(options: EngineOptions, compiled: CompiledRules) {
    this.#rules = options.rules
    this.#compiled = compiled
    this.#defaults = defaultFlowOptions(options)
    this.#ignoreDecision = Object.freeze({ action: 'tunnel', rule: 'ignore_hosts', options: this.#defaults, isPending: false })
    this.#defaultAction = options.default_action
  }

  decideConnect(facts: ConnectFacts): Decision {
    return this.#decideIn(CONNECT_PHASE, facts)
  }

  /** Once the ClientHello is known. */
  decideHello(facts: ConnectFacts & Pick<RequestFacts, 'sni'>): Decision {
    return this.#decideIn(HELLO_PHASE, facts)
  }

  decideRequest(facts: RequestFacts): Decision {
    return this.#decideIn(REQUEST_PHASE, facts)
  }

  #decideIn(phase: Phase, facts: Facts): Decision {
    const { hosts, ignored, conditions } = this.#compiled
    if (ignored.holds(facts.host)) return this.#ignoreDecision
    const candidates = hosts.candidates(facts.host)
    let carriers: RuleOptions[] | undefined
    let isPending = false
    for (let number = candidates.take(); number !== END; number = candidates.take()) {
      const rule = this.#rules[number]
      const condition = conditions.get(number)
      if (rule === undefined || (condition !== undefined && !condition.hold(facts, phase))) continue
      if (condition !== undefined && condition.phase > phase) {
        isPending = true
        continue
      }
      if (rule.action !== undefined) return this.#decide(rule.action, ruleName(rule, number), carriers ?? NO_CARRIERS, rule, isPending)
      carriers ??= []
      carriers.push(rule)
    }
    return this.#decide(this.#defaultAction, 'default', carriers ?? NO_CARRIERS, undefined, isPending)
  }

  #decide(
    action: Decision['action'],
    rule: string,
    carriers: readonly RuleOptions[],
    decisive: RuleOptions | undefined,
    isPending: boolean,
  ): Decision {
    return {
      action: isPending ? 'intercept' : action,
      rule,
      options: mergeFlowOptions(this.#defaults, carriers, decisive, this.#compiled.faults),
      isPending,
    }
  }
}
