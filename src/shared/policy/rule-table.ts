/**
 * RuleTable: the rules of a compiled policy by number, in memory that threads share. No thread of its own.
 *
 *     traits:  action 0–3; is there a detail?                one word a rule
 *     texts:   name (empty: `rule-<n>`), detail (JSON)       two texts a rule
 *
 * Most of 100,000 rules are a host and an action: they have no detail, and no thread ever makes an object of them. The detail of a
 * rule is parsed when a flow first gets as far as this rule, and kept; a thread keeps so many, and begins anew beyond.
 */

import { invariant } from '../assert.ts'
import { ACTIONS } from '../events/schema.ts'
import type { RuleFault } from '../faults/rule-fault.ts'
import { DETAILS_KEPT } from '../limits/policy.ts'
import type { RuleOptions } from '../options/rule-schema.ts'
import { Column, type SharedWords } from './column.ts'
import { conditionsOf, hasConditions, type RuleConditions } from './conditions/rule-conditions.ts'
import { carriesNothing, type RuleCarriage } from './flow-options.ts'
import { type SharedTexts, TextPool } from './text-pool.ts'

export interface SharedRules {
  readonly traits: SharedWords
  readonly texts: SharedTexts
}

export interface RuleDetail {
  readonly conditions: RuleConditions | undefined
  /** Undefined where the rule carries nothing but its action. */
  readonly carriage: RuleCarriage | undefined
}

const ACTION_MASK = 3
const HAS_DETAIL = 4
const TEXTS = 2

export class RuleTable {
  readonly #traits: Column
  readonly #texts: TextPool
  readonly #details = new Map<number, RuleDetail>()

  constructor(shared?: SharedRules) {
    this.#traits = new Column(shared?.traits)
    this.#texts = new TextPool(shared?.texts)
  }

  /** Rules are added in order. */
  add(rule: RuleOptions, faults: readonly RuleFault[]): void {
    const isPlain = !hasConditions(rule.match) && carriesNothing(rule)
    this.#traits.push((rule.action === undefined ? 0 : ACTIONS.indexOf(rule.action) + 1) | (isPlain ? 0 : HAS_DETAIL))
    this.#texts.add(rule.name ?? '')
    this.#texts.add(isPlain ? '' : JSON.stringify({ rule, faults } satisfies RuleCarriage))
  }

  get size(): number {
    return this.#traits.length
  }

  /** Undefined: the rule only carries options. */
  action(number: number): (typeof ACTIONS)[number] | undefined {
    return ACTIONS[(this.#traits.at(number) & ACTION_MASK) - 1]
  }

  name(number: number): string {
    // Counted from 1, as people count the rules of a file.
    return this.#texts.isEmpty(number * TEXTS) ? `rule-${number + 1}` : this.#texts.text(number * TEXTS)
  }

  /** Undefined: no conditions but the host, and nothing carried. */
  detail(number: number): RuleDetail | undefined {
    if ((this.#traits.at(number) & HAS_DETAIL) === 0) return undefined
    return this.#details.get(number) ?? this.#parse(number)
  }

  share(): SharedRules {
    return { traits: this.#traits.share(), texts: this.#texts.share() }
  }

  #parse(number: number): RuleDetail {
    const carriage = JSON.parse(this.#texts.text(number * TEXTS + 1)) as RuleCarriage
    const { rule } = carriage
    invariant(typeof rule === 'object', `rule ${number} has a detail`)
    const detail = { conditions: conditionsOf(rule.match), carriage: carriesNothing(rule) ? undefined : carriage }
    if (this.#details.size === DETAILS_KEPT) this.#details.clear()
    this.#details.set(number, detail)
    return detail
  }
}
