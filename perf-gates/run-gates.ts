/**
 * The performance gates: each a ratio found within one interleaved run, against its budget in gates.json.
 *
 *     npm run gates -- [--quick] [--only NAME,NAME] [--json FILE] [--record]
 *
 * A gate takes pairs until its budget is clearly kept or clearly broken (perf-gates/verdict.ts). A broken one must be broken in three
 * series of pairs, each in fresh processes, before it counts; the lowest median of them is reported. `--record` takes three series, and
 * writes the median of their medians, with its date and the budget that follows, to gates.json.
 */

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { oneCore } from '../bench/support/cores.ts'
import { machine } from '../bench/support/machine.ts'
import { median } from '../bench/support/statistics.ts'
import { messageOf } from '../src/shared/errors.ts'
import type { Measure, Pair } from './measure.ts'
import { http1Pair, ndjsonLine, policyDecision, ringWrite } from './micro-measures.ts'
import { bodyCost, connectionCost, idleMemory, requestCost } from './traffic-measures.ts'
import { type Verdict, verdict } from './verdict.ts'

interface Gate {
  readonly name: string
  readonly ratio: string
  readonly protects: string
  /** Share by which the budget exceeds what was measured. */
  readonly margin: number
  readonly measured: number
  readonly budget: number
  readonly date: string
  /** Pairs before the first verdict. */
  readonly pairs: number
  readonly quick: boolean
}

interface Result extends Verdict {
  readonly gate: Gate
  readonly passed: boolean
  /** The subject's own cost, median: microseconds of CPU, or octets of memory. */
  readonly own: number
  readonly ratios: readonly number[]
  readonly seconds: number
  readonly error?: string
}

const MEASURES: Readonly<Record<string, Measure>> = {
  'request-cost': requestCost,
  'connection-cost': connectionCost,
  'body-cost': bodyCost,
  'idle-memory': idleMemory,
  'http1-pair': http1Pair,
  'ring-write': ringWrite,
  'policy-decision': policyDecision,
  'ndjson-line': ndjsonLine,
}

/** Where no verdict is reached by then, the median decides. */
const MOST_PAIRS = 13
/**
 * Series of pairs of a gate that seems broken. They differ by how the processes lie in memory, by what was compiled first, and by what
 * else uses the machine's memory meanwhile, which makes a ring dearer and the reference loop not; a regression is there in all of them.
 */
const MOST_SERIES = 3
const RECORDED_SERIES = 3
const FILE = fileURLToPath(new URL('../../perf-gates/gates.json', import.meta.url))

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    json: { type: 'string' },
    record: { type: 'boolean', default: false },
  },
})

async function series(measure: Measure, { budget, pairs }: Gate): Promise<Pair[]> {
  const pairing = await measure.start()
  const taken: Pair[] = []
  try {
    do taken.push(await pairing.pair())
    while (taken.length < pairs || (taken.length < MOST_PAIRS && verdict(ratiosOf(taken), budget).outcome === 'open'))
  } finally {
    await pairing.stop()
  }
  return taken
}

const ratiosOf = (pairs: readonly Pair[]) => pairs.map(({ own, other }) => own / other)

async function run(gate: Gate): Promise<Result> {
  const measure = MEASURES[gate.name]
  if (measure === undefined) throw new Error(`gates.json names ${gate.name}, which nothing measures`)
  const started = performance.now()
  const taken = [await series(measure, gate)]
  const byMedian = () => taken.toSorted((one, other) => median(ratiosOf(one)) - median(ratiosOf(other)))
  const least = () => byMedian()[0] ?? []
  if (values.record) while (taken.length < RECORDED_SERIES) taken.push(await series(measure, gate))
  else while (taken.length < MOST_SERIES && median(ratiosOf(least())) > gate.budget) taken.push(await series(measure, gate))
  const chosen = (values.record ? byMedian()[RECORDED_SERIES >> 1] : least()) ?? []
  const ratios = ratiosOf(chosen)
  const found = verdict(ratios, gate.budget)
  const own = median(chosen.map((pair) => pair.own))
  return { gate, ...found, passed: found.median <= gate.budget, own, ratios, seconds: (performance.now() - started) / 1000 }
}

/** A gate that cannot be measured is not kept. */
async function tried(gate: Gate): Promise<Result> {
  try {
    return await run(gate)
  } catch (error) {
    const nothing = { outcome: 'open', median: Number.NaN, low: Number.NaN, high: Number.NaN } as const
    return {
      gate,
      ...nothing,
      passed: false,
      own: Number.NaN,
      ratios: [],
      seconds: 0,
      error: messageOf(error),
    }
  }
}

function line({ gate, median: value, low, high, passed, ratios, seconds, error }: Result): string {
  const mark = passed ? 'ok  ' : 'FAIL'
  if (error !== undefined) return `${mark} ${gate.name.padEnd(16)} ${error}`
  return `${mark} ${gate.name.padEnd(16)} ${value.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)}, ${ratios.length} pairs, ${seconds.toFixed(0)} s)  budget ${gate.budget.toFixed(2)}, measured ${gate.measured.toFixed(2)} on ${gate.date}`
}

function record(document: { gates: Gate[] }, results: readonly Result[]): void {
  const date = new Date().toISOString().slice(0, 10)
  const gates = document.gates.map((gate) => {
    const result = results.find((candidate) => candidate.gate.name === gate.name)
    if (result === undefined || result.error !== undefined) return gate
    const measured = Number(result.median.toFixed(3))
    return { ...gate, measured, budget: Number((measured * (1 + gate.margin)).toFixed(2)), date }
  })
  writeFileSync(FILE, `${JSON.stringify({ ...document, gates }, null, 2)}\n`)
}

const document = JSON.parse(readFileSync(FILE, 'utf8')) as { gates: Gate[] }
const only = values.only?.split(',')
const chosen = document.gates.filter((gate) => (only === undefined ? !values.quick || gate.quick : only.includes(gate.name)))
const about = machine()
const where = oneCore() ? 'on one core' : 'on all cores: there is no taskset'
console.log(`node ${about.node}, openssl ${about.openssl}, ${about.cpu} × ${about.cores}, load ${about.load_average[0]}, ${where}`)
const results: Result[] = []
for (const gate of chosen) {
  const result = await tried(gate)
  results.push(result)
  console.log(line(result))
  if (!result.passed) console.log(`     ${gate.ratio}\n     protects ${gate.protects}`)
}
if (values.record) record(document, results)
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ machine: about, results }, null, 2)}\n`)
const failed = results.filter(({ passed }) => !passed).length
console.log(`${results.length - failed} gates kept, ${failed} broken`)
process.exitCode = failed === 0 ? 0 : 1
