/** mergeFlowOptions: for each option the first rule that names it; the answer of a block is the blocking rule's own. */

import t from 'tap'
import { parseOptions } from '../../../src/shared/options/parse-options.ts'
import type { RuleOptions } from '../../../src/shared/options/rule-schema.ts'
import type { EngineOptionsInput } from '../../../src/shared/options/schema.ts'
import { carriesNothing, defaultFlowOptions, mergeFlowOptions, type RuleCarriage } from '../../../src/shared/policy/flow-options.ts'

type RuleInput = NonNullable<EngineOptionsInput['rules']>[number]

const DEFAULTS = defaultFlowOptions(parseOptions({}))

const isGiven = <Value>(value: Value | undefined): value is Value => value !== undefined

/** What a compiled policy keeps of a rule: nothing where it carries nothing. */
function carriage(rule: RuleOptions): RuleCarriage | undefined {
  return carriesNothing(rule) ? undefined : { rule, faults: [] }
}

/** The rules as `parseOptions` fills them; the last one decides. */
function merge(...inputs: RuleInput[]) {
  const { rules } = parseOptions({ rules: inputs })
  const carried = rules.map(carriage)
  return mergeFlowOptions(DEFAULTS, carried.slice(0, -1).filter(isGiven), carried.at(-1))
}

t.test('rules that carry nothing share the defaults', async (t) => {
  t.equal(mergeFlowOptions(DEFAULTS, [], undefined), DEFAULTS)
  t.equal(merge({ match: {}, action: 'block' }), DEFAULTS)
  t.ok(Object.isFrozen(DEFAULTS))
})

t.test('each option by itself: the first rule that names it', async (t) => {
  const carriers: RuleInput[] = [
    { match: {}, strict: false },
    { match: {}, strict: true, capture: { body_bytes: 5 } },
    { match: {}, capture: { body_bytes: 9 }, verify_upstream: false },
  ]
  t.match(merge(...carriers, { match: {}, action: 'intercept', verify_upstream: true }), {
    strict: false,
    captureBodyBytes: 5,
    verifyUpstream: false,
    blockStatus: 403,
    blockBody: undefined,
  })
})

t.test('status and body come from the deciding rule alone', async (t) => {
  const block: RuleInput = { match: {}, action: 'block', status: 451, body: 'no' }
  t.match(merge(block), { blockStatus: 451, blockBody: 'no' })
  t.match(merge({ match: {}, strict: false }, { match: {}, action: 'block' }), { blockStatus: 403, blockBody: undefined, strict: false })
})

t.test('the default decides: the carriers still count', async (t) => {
  const { rules } = parseOptions({ rules: [{ match: {}, capture: { body_bytes: 1 } }] })
  t.equal(mergeFlowOptions(DEFAULTS, rules.map(carriage).filter(isGiven), undefined).captureBodyBytes, 1)
  t.equal(defaultFlowOptions(parseOptions({ upstream: { verify: false } })).verifyUpstream, false)
})

t.test('a body that is a JSON value', async (t) => {
  const json: RuleInput = { match: {}, action: 'block', body: { error: 'no' } }
  t.match(merge(json), { blockBody: '{"error":"no"}', blockContentType: 'application/json' })
  t.match(merge({ ...json, content_type: 'application/problem+json' }), { blockContentType: 'application/problem+json' })
  t.match(merge({ match: {}, action: 'block', body: 'no', content_type: 'text/html' }), { blockBody: 'no', blockContentType: 'text/html' })
})
