/**
 * A connect-phase decision among 20,000 host rules, for names from all over the table, few enough that what belongs to them stays in the
 * core's own caches: with 8,192 of them most of the cost is waiting for memory, which the machine's other work makes dearer by half.
 * What that costs is told by bench/policy.bench.ts.
 */

import { parseOptions } from '../../src/shared/options/parse-options.ts'
import { Policy } from '../../src/shared/policy/policy.ts'
import { policyImage } from '../../src/shared/policy/policy-image.ts'
import type { Subject } from './subject.ts'

const RULES = 20_000
const FACTS = 128
const BATCH = 2_048

function hostOf(n: number): string {
  return n % 10 === 8 ? `*.host-${n}.zone-${n % 500}.example` : `host-${n}.zone-${n % 500}.example`
}

export function policyDecision(): Subject {
  const rules = Array.from({ length: RULES }, (_, n) => ({
    match: { host: hostOf(n) },
    action: n % 2 === 0 ? ('block' as const) : ('tunnel' as const),
  }))
  const policy = new Policy(policyImage(parseOptions({ rules })))
  const facts = Array.from({ length: FACTS }, (_, n) => ({
    host: hostOf((n * 7_919) % RULES).replace('*', 'a.b'),
    port: 443,
    client: '127.0.0.1',
    nowMs: 0,
  }))
  let at = 0
  let blocked = 0
  return {
    run: () => {
      for (let n = 0; n < BATCH; n++) {
        const fact = facts[at++ & (FACTS - 1)]
        if (fact !== undefined && policy.decideConnect(fact).action === 'block') blocked++
      }
      if (blocked === 0) throw new Error('rules that match nothing measure nothing')
      return BATCH
    },
  }
}
