/**
 * Policy: ordered rules, compiled; decides `intercept | tunnel | block` for a flow. Pure: facts in, decision out.
 *
 * Theory of operation. A host index yields the rules whose host condition holds, lowest number first. Each is tested for its
 * other conditions; the first with an action decides; those before it without an action only carry options. Hosts that are to
 * be ignored are looked up before all rules. One decision costs one look-up and as many tests as rules for this very host
 * stand before the deciding one.
 *
 * Facts grow along a flow's life (connect, ClientHello, request head). Each phase has its own `decide…` method; a later one
 * takes the facts of the earlier as well, and the decision it replaces. Compiled once per reload, read by all threads; a flow keeps
 * the policy it began with. Acceptor and workers.
 */

import type { ClientFaultTable } from '../faults/client-fault-table.ts'
import { comparedPath } from './conditions/compared-path.ts'
import { CONNECT_PHASE, type Facts, HELLO_PHASE, type Phase, type Questions, REQUEST_PHASE } from './conditions/rule-conditions.ts'
import { DEFAULT_RULE, type Decision, type PolicyDifference } from './decision.ts'
import { type FlowOptions, mergeFlowOptions, type RuleCarriage } from './flow-options.ts'
import { HostIndex } from './hosts/host-index.ts'
import { END } from './hosts/posting-lists.ts'
import type { ConnectFacts, HelloFacts, RequestFacts } from './policy-facts.ts'
import type { PolicyImage } from './policy-image.ts'
import { RuleTable } from './rule-table.ts'
import { differenceOf, withoutEffect } from './shadow-decision.ts'

const NO_CARRIERS: readonly RuleCarriage[] = []

export class Policy {
  /** What facts any rule asks for. */
  readonly asks: Questions
  /** Whether any rule carries a fault. */
  readonly hasFaults: boolean
  readonly clientFaults: ClientFaultTable | undefined
  readonly #hosts: HostIndex
  readonly #ignored: HostIndex
  readonly #rules: RuleTable
  readonly #defaults: FlowOptions
  readonly #ignoreDecision: Decision
  readonly #defaultAction: Decision['action']
  readonly #isShadow: boolean
  readonly #candidate: Policy | undefined

  constructor(image: PolicyImage) {
    this.asks = image.asks
    this.hasFaults = image.hasFaults
    this.clientFaults = image.clientFaults
    this.#hosts = new HostIndex(image.hosts)
    this.#ignored = new HostIndex(image.ignored)
    this.#rules = new RuleTable(image.rules)
    this.#defaults = image.defaults
    this.#ignoreDecision = Object.freeze({ action: 'tunnel', rule: 'ignore_hosts', options: this.#defaults, isPending: false })
    this.#defaultAction = image.defaultAction
    this.#isShadow = image.mode === 'shadow'
    this.#candidate = image.candidate === undefined ? undefined : new Policy(image.candidate)
  }

  decideConnect(facts: ConnectFacts): Decision {
    return this.#decideIn(CONNECT_PHASE, facts)
  }

  /** Once the ClientHello is known. */
  decideHello(facts: HelloFacts): Decision {
    return this.#decideIn(HELLO_PHASE, facts)
  }

  decideRequest(facts: RequestFacts): Decision {
    const path = comparedPath(facts.path)
    return this.#decideIn(REQUEST_PHASE, path === facts.path ? facts : { ...facts, path })
  }

  /**
   * How the policy beside this one decides otherwise about a ClientHello in a tunnel of this one, whose decision stands. Undefined: it
   * does not, there is none, or this one is not in force either.
   */
  compareHello(active: Decision, facts: HelloFacts): PolicyDifference | undefined {
    if (this.#isShadow || this.#candidate === undefined) return undefined
    return differenceOf(active, this.#candidate.#judgeByName(HELLO_PHASE, facts))
  }

  #decideIn(phase: Phase, facts: Facts): Decision {
    const decision = this.#judgeByName(phase, facts)
    // Nearly always: the policy is in force, and alone.
    const candidate = this.#candidate
    if (!this.#isShadow && candidate === undefined) return decision
    const other = candidate === undefined ? undefined : candidate.#judgeByName(phase, facts)
    const compared =
      other === undefined ? decision : { ...decision, difference: differenceOf(decision, other), isShadowPending: other.isPending }
    return this.#isShadow ? withoutEffect(compared, phase) : compared
  }

  /** Where the ClientHello asks for another name, rules about that one decide; where no rule does, those about the CONNECT host. */
  #judgeByName(phase: Phase, facts: Facts): Decision {
    const { host, sni } = facts
    if (sni === undefined || sni === host) return this.#judge(phase, facts)
    const byName = this.#judge(phase, { ...facts, host: sni })
    if (byName.rule !== DEFAULT_RULE || byName.isPending) return byName
    const byHost = this.#judge(phase, facts)
    return byHost.rule === DEFAULT_RULE && !byHost.isPending ? byName : byHost
  }

  #judge(phase: Phase, facts: Facts): Decision {
    const rules = this.#rules
    if (this.#ignored.holds(facts.host)) return this.#ignoreDecision
    const candidates = this.#hosts.candidates(facts.host)
    let carriers: RuleCarriage[] | undefined
    let isPending = false
    for (let number = candidates.take(); number !== END; number = candidates.take()) {
      const detail = rules.detail(number)
      const conditions = detail?.conditions
      if (conditions !== undefined && !conditions.hold(facts, phase)) continue
      if (conditions !== undefined && conditions.phase > phase) {
        isPending = true
        continue
      }
      const action = rules.action(number)
      const carriage = detail?.carriage
      if (action !== undefined) return this.#decide(action, rules.name(number), carriers ?? NO_CARRIERS, carriage, isPending)
      if (carriage === undefined) continue
      carriers ??= []
      carriers.push(carriage)
    }
    return this.#decide(this.#defaultAction, DEFAULT_RULE, carriers ?? NO_CARRIERS, undefined, isPending)
  }

  #decide(
    action: Decision['action'],
    rule: string,
    carriers: readonly RuleCarriage[],
    decisive: RuleCarriage | undefined,
    isPending: boolean,
  ): Decision {
    return { action: isPending ? 'intercept' : action, rule, options: mergeFlowOptions(this.#defaults, carriers, decisive), isPending }
  }
}
