/**
 * Proves that the gates catch what they are for and nothing else: the tree as it is must keep all gates, every time; a copy of it in a
 * temporary folder, in which one place does useless work (perf-gates/regressions.ts), must break the gate of that place, every time.
 *
 *     npm run gates:prove -- [--percent 30] [--times 10] [--sound 20] [--only NAME,NAME] [--quick]
 *
 * In each of `--times` rounds the gates run as they are, which also tells what each subject costs at that time; then each gate runs on
 * a copy in which its subject costs `--percent` more than that. Rounds without copies follow until there were `--sound` of them.
 * `--only` and `--quick` choose gates.
 */

import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { oneCore } from '../bench/support/cores.ts'
import { DECLARATIONS, REGRESSIONS, type Regression } from './regressions.ts'

/** What prove-gates reads of a run's JSON. */
interface Run {
  readonly results: readonly {
    readonly gate: { readonly name: string }
    readonly passed: boolean
    readonly own: number
    readonly median: number
    readonly error?: string
  }[]
}

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const RUN_GATES = 'dist/perf-gates/run-gates.js'

const { values } = parseArgs({
  options: {
    percent: { type: 'string', default: '30' },
    times: { type: 'string', default: '10' },
    sound: { type: 'string', default: '20' },
    only: { type: 'string' },
    quick: { type: 'boolean', default: false },
  },
})
const share = Number(values.percent) / 100
const times = Number(values.times)
const rounds = Math.max(times, Number(values.sound))
const chosen = values.only !== undefined ? ['--only', values.only] : values.quick ? ['--quick'] : []

/** A copy of the compiled tree, to be spoilt. */
function copyOfTree(): string {
  const folder = mkdtempSync(join(tmpdir(), 'soth-mitm-slowed-'))
  for (const part of ['dist', 'perf-gates/gates.json', 'package.json']) cpSync(join(ROOT, part), join(folder, part), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

function runGates(folder: string, args: readonly string[]): Run {
  const file = join(copy, 'run.json')
  rmSync(file, { force: true })
  spawnSync(process.execPath, [join(folder, RUN_GATES), ...args, '--json', file], { stdio: ['ignore', 'inherit', 'inherit'] })
  return JSON.parse(readFileSync(file, 'utf8')) as Run
}

/** Turns of the useless loop per microsecond of CPU, now. */
function turnsPerMicro(): number {
  const spin = new Function('turns', 'let waste = 0; for (let n = 0; n < turns; n++) waste = (Math.imul(waste, 31) + n) | 0; return waste')
  const turns = 20_000_000
  spin(turns)
  const before = process.cpuUsage()
  spin(turns)
  const { user, system } = process.cpuUsage(before)
  return turns / (user + system)
}

/** Runs a gate on the copy, in which its subject, that costs `own`, costs `share` more. True: the gate says so. */
function caught({ gate, file, after, kind, waste }: Regression, own: number): boolean {
  const amount = own * share * (kind === 'cpu' ? turnsPerMicro() : 1)
  const path = join(copy, 'dist/src', file)
  const text = readFileSync(path, 'utf8')
  if (!text.includes(after)) throw new Error(`${file} has no "${after}" any more: perf-gates/regressions.ts must name another place`)
  writeFileSync(path, DECLARATIONS + text.replace(after, `${after} { ${waste(amount)} }`))
  const [result] = runGates(copy, ['--only', gate]).results
  writeFileSync(path, text)
  if (result?.error !== undefined) throw new Error(`${gate} could not be measured: ${result.error}`)
  return result?.passed === false
}

oneCore()
const copy = copyOfTree()
process.once('exit', () => rmSync(copy, { recursive: true, force: true }))
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const caughtBy = new Map<string, number>()
let kept = 0
for (let round = 1; round <= rounds; round++) {
  console.log(`round ${round} of ${rounds}, load average ${loadavg()[0]?.toFixed(1)}; as it is:`)
  const { results } = runGates(ROOT, chosen)
  if (results.every(({ passed }) => passed)) kept++
  if (round > times) continue
  console.log(`each ${values.percent} % dearer:`)
  for (const { gate, own } of results) {
    const regression = REGRESSIONS.find((candidate) => candidate.gate === gate.name)
    if (regression === undefined) throw new Error(`perf-gates/regressions.ts has nothing for ${gate.name}`)
    caughtBy.set(gate.name, (caughtBy.get(gate.name) ?? 0) + (caught(regression, own) ? 1 : 0))
  }
}
for (const [gate, count] of caughtBy) console.log(`${gate}: ${values.percent} % dearer, caught in ${count} of ${times}`)
console.log(`as it is: all gates kept in ${kept} of ${rounds}`)
process.exitCode = kept === rounds && [...caughtBy.values()].every((count) => count === times) ? 0 : 1
