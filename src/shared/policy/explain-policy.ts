/**
 * explainPolicy: what policy says to one request, phase by phase, and for each rule on the way why it decides or does not. For people;
 * nothing of the data path. No thread of its own.
 *
 * The decisions are the policy's own (`Policy`), asked as the engine asks it: again at the ClientHello and at the request only
 * where a rule waits for them, or the name there is another.
 */

import { ruleName } from '../faults/rule-fault.ts'
import type { RuleOptions } from '../options/rule-schema.ts'
import type { EngineOptions } from '../options/schema.ts'
import { comparedPath } from './conditions/compared-path.ts'
import {
  CONNECT_PHASE,
  type ConditionName,
  conditionsOf,
  type Facts,
  givenConditions,
  HELLO_PHASE,
  type Phase,
  phaseOf,
  REQUEST_PHASE,
} from './conditions/rule-conditions.ts'
import type { Decision } from './decision.ts'
import { DEFAULT_RULE } from './decision.ts'
import { carriesNothing } from './flow-options.ts'
import { HostIndex } from './hosts/host-index.ts'
import { END } from './hosts/posting-lists.ts'
import { Policy } from './policy.ts'
import type { RequestFacts } from './policy-facts.ts'
import { policyImage } from './policy-image.ts'

const PHASE_NAMES = ['connect', 'client_hello', 'request'] as const
export type PhaseName = (typeof PHASE_NAMES)[number]

export type RuleVerdict = { readonly number: number; readonly rule: string } & (
  | { readonly verdict: 'decides'; readonly action: NonNullable<RuleOptions['action']> }
  /** It holds, has no action, and its options go along. */
  | { readonly verdict: 'carries'; readonly options: readonly string[] }
  /** Nothing known speaks against it; these conditions are known later. */
  | { readonly verdict: 'waits'; readonly conditions: readonly ConditionName[] }
  | { readonly verdict: 'fails'; readonly condition: ConditionName }
)

export interface PhaseExplanation {
  readonly phase: PhaseName
  /** The host that the rules are asked about: from the ClientHello on the name asked for there, where rules about that one decide. */
  readonly host: string
  readonly action: Decision['action']
  readonly rule: string
  readonly pending: boolean
  /** The rules about this host, to the one that decides. */
  readonly rules: readonly RuleVerdict[]
  /** Rules before that one which are about other hosts. */
  readonly otherHosts: number
}

/** Everything that can be asked of a request, and whether it comes inside TLS. */
export interface ExplainFacts extends RequestFacts {
  readonly isTls: boolean
}

export function explainPolicy(options: EngineOptions, facts: ExplainFacts): readonly PhaseExplanation[] {
  const explainer = new Explainer(options)
  const first = explainer.explain(CONNECT_PHASE, { ...facts, sni: undefined })
  const phases = [first]
  let { decision } = first
  if (decision.action === 'intercept' && facts.isTls) {
    const isOther = facts.sni !== undefined && facts.sni !== facts.host
    if (isOther || decision.isPending) {
      const hello = explainer.explain(HELLO_PHASE, facts)
      phases.push(hello)
      // The default never outranks a rule.
      if (hello.decision.rule !== DEFAULT_RULE || decision.rule === DEFAULT_RULE || decision.isPending || hello.decision.isPending)
        decision = hello.decision
    }
  }
  if (decision.action === 'intercept' && decision.isPending) {
    phases.push(explainer.explain(REQUEST_PHASE, { ...facts, path: comparedPath(facts.path) }))
  }
  return phases.map(({ explanation }) => explanation)
}

interface Explained {
  readonly explanation: PhaseExplanation
  readonly decision: Decision
}

class Explainer {
  readonly #rules: readonly RuleOptions[]
  readonly #policy: Policy
  readonly #hosts: HostIndex

  constructor(options: EngineOptions) {
    // What it decides is asked, in force or not.
    const image = policyImage({ ...options, mode: 'active', shadow: undefined })
    this.#rules = options.rules
    this.#policy = new Policy(image)
    this.#hosts = new HostIndex(image.hosts)
  }

  explain(phase: Phase, asked: RequestFacts): Explained {
    const decision = this.#decide(phase, asked)
    const facts = { ...asked, host: this.#nameAsked(phase, asked, decision) }
    const { rules, last } = decision.rule === 'ignore_hosts' ? { rules: [], last: -1 } : this.#verdicts(phase, facts)
    const explanation = {
      phase: PHASE_NAMES[phase],
      host: facts.host,
      action: decision.action,
      rule: decision.rule,
      pending: decision.isPending,
      rules,
      otherHosts: last + 1 - rules.length,
    }
    return { explanation, decision }
  }

  /** The name by which `decision` came about: of two, that of the ClientHello as far as it leads there. */
  #nameAsked(phase: Phase, facts: RequestFacts, { rule, isPending }: Decision): string {
    if (facts.sni === undefined || phase === CONNECT_PHASE) return facts.host
    const byName = this.#decide(phase, { ...facts, host: facts.sni })
    return byName.rule === rule && byName.isPending === isPending ? facts.sni : facts.host
  }

  #decide(phase: Phase, facts: RequestFacts): Decision {
    switch (phase) {
      case CONNECT_PHASE:
        return this.#policy.decideConnect(facts)
      case HELLO_PHASE:
        return this.#policy.decideHello(facts)
      case REQUEST_PHASE:
        return this.#policy.decideRequest(facts)
    }
  }

  #verdicts(phase: Phase, facts: Facts): { rules: RuleVerdict[]; last: number } {
    const rules: RuleVerdict[] = []
    const candidates = this.#hosts.candidates(facts.host)
    for (let number = candidates.take(); number !== END; number = candidates.take()) {
      const rule = this.#rules[number]
      if (rule === undefined) continue
      const verdict = verdictOf(rule, number, facts, phase)
      rules.push(verdict)
      if (verdict.verdict === 'decides') return { rules, last: number }
    }
    return { rules, last: this.#rules.length - 1 }
  }
}

function verdictOf(rule: RuleOptions, number: number, facts: Facts, phase: Phase): RuleVerdict {
  const identity = { number: number + 1, rule: ruleName(rule, number) }
  const failing = conditionsOf(rule.match)?.failing(facts, phase)
  if (failing !== undefined) return { ...identity, verdict: 'fails', condition: failing }
  const later = givenConditions(rule.match).filter((name) => phaseOf(name) > phase)
  if (later.length > 0) return { ...identity, verdict: 'waits', conditions: later }
  if (rule.action !== undefined) return { ...identity, verdict: 'decides', action: rule.action }
  return { ...identity, verdict: 'carries', options: carriesNothing(rule) ? [] : carriedNames(rule) }
}

/** Not what names the rule, and not `status`, which every rule has by default. */
const NOT_CARRIED: ReadonlySet<string> = new Set(['name', 'match', 'action', 'status', 'body', 'content_type'])

function carriedNames(rule: RuleOptions): string[] {
  return Object.entries(rule).flatMap(([name, value]) => (value === undefined || NOT_CARRIED.has(name) ? [] : [name]))
}
