/**
 * Policy at scale: 100,000 host rules. Time to parse and compile, memory, and time per decision, against a policy of ten rules.
 *
 * Target: ≤ 2 µs per decision. Run: `node --expose-gc dist/bench/policy.bench.js`. Main thread.
 */

import { parseOptions } from '../src/shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../src/shared/options/schema.ts'
import { Policy } from '../src/shared/policy/policy.ts'
import type { ConnectFacts } from '../src/shared/policy/policy-facts.ts'
import { policyImage } from '../src/shared/policy/policy-image.ts'

const RULES = 100_000
const DECISIONS = 200_000
const ROUNDS = 5

type RuleInput = NonNullable<EngineOptionsInput['rules']>[number]

function hostOf(n: number): string {
  return `host-${n}.zone-${n % 1_000}.example`
}

/** Eight exact hosts in ten, one suffix, and one glob or prefix. */
function ruleOf(n: number): RuleInput {
  const action = n % 2 === 0 ? 'block' : 'tunnel'
  if (n % 10 === 8) return { match: { host: `*.${hostOf(n)}` }, action }
  if (n % 10 === 9)
    return { match: { host: n % 20 === 9 ? `h*-${n}.zone-${n % 1_000}.example` : `10.${(n >> 8) & 255}.${n & 255}.0/24` }, action }
  return { match: { host: hostOf(n) }, action }
}

function heap(): number {
  globalThis.gc?.()
  return process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers
}

function nanosecondsPerDecision(policy: Policy, facts: readonly ConnectFacts[]): number {
  const rounds: number[] = []
  let blocked = 0
  for (let round = 0; round < ROUNDS; round++) {
    // CPU time, not the clock's: the machine may be shared.
    const before = process.cpuUsage()
    for (let n = 0; n < DECISIONS; n++) {
      const fact = facts[n % facts.length]
      if (fact !== undefined && policy.decideConnect(fact).action === 'block') blocked++
    }
    const { user, system } = process.cpuUsage(before)
    rounds.push(((user + system) * 1_000) / DECISIONS)
  }
  if (blocked < 0) throw new Error('unreachable, but keeps the loop alive')
  return rounds.sort((a, b) => a - b)[ROUNDS >> 1] ?? 0
}

function factsFor(make: (n: number) => string): ConnectFacts[] {
  // 7,919 is prime: the look-ups jump over the whole table, so caches help as little as they will in life.
  return Array.from({ length: 50_000 }, (_, n) => ({ host: make((n * 7_919) % RULES), port: 443, client: '127.0.0.1', nowMs: 0 }))
}

const input = { rules: Array.from({ length: RULES }, (_, n) => ruleOf(n)) }
const start = performance.now()
const options = parseOptions(input)
const parsed = performance.now()
const heapBefore = heap()
const compileStart = performance.now()
const policy = new Policy(policyImage(options))
const compiled = performance.now()
const heapAfter = heap()
const small = new Policy(policyImage(parseOptions({ rules: Array.from({ length: 10 }, (_, n) => ruleOf(n)) })))

const report = {
  rules: RULES,
  parse_ms: Math.round(parsed - start),
  compile_ms: Math.round(compiled - compileStart),
  index_megabytes: Math.round((heapAfter - heapBefore) / 1e5) / 10,
  ns_per_decision: {
    ten_rules: Math.round(nanosecondsPerDecision(small, factsFor(hostOf))),
    exact_hit: Math.round(
      nanosecondsPerDecision(
        policy,
        factsFor((n) => hostOf(n - (n % 10))),
      ),
    ),
    suffix_hit: Math.round(
      nanosecondsPerDecision(
        policy,
        factsFor((n) => `a.b.${hostOf(n - (n % 10) + 8)}`),
      ),
    ),
    glob_zone: Math.round(
      nanosecondsPerDecision(
        policy,
        factsFor((n) => `hx-${n}.zone-${n % 1_000}.example`),
      ),
    ),
    address: Math.round(
      nanosecondsPerDecision(
        policy,
        factsFor((n) => `10.${(n >> 8) & 255}.${n & 255}.7`),
      ),
    ),
    miss: Math.round(
      nanosecondsPerDecision(
        policy,
        factsFor((n) => `www.shop-${n}.test`),
      ),
    ),
  },
}
process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
