/**
 * Proves that the gates catch what they are for: a copy of the compiled tree in a temporary folder, in which the HTTP/1.1 layer does
 * useless work for every read, must break `request-cost`, every time; the tree as it is must keep all gates, every time.
 *
 *     npm run gates:prove -- [--percent 30] [--times 10] [--sound 0]
 *
 * The useless work is a counted loop, sized beforehand so that a request costs the engine `percent` more CPU.
 */

import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { CannonRun } from '../bench/processes/autocannon-load.ts'
import { oneCore } from '../bench/support/cores.ts'
import { cpuPer, SERVERNAME, startDuel } from './duel.ts'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const LAYER = 'dist/src/workers/layers/http1/http1-layer.js'
const EXECUTE = 'execute(side, bytes, plan) {'
/** A small exchange is two reads: the request and the response. */
const READS_PER_REQUEST = 2
const SPIN = 'let waste = 0; for (let n = 0; n < COUNT; n++) waste = (Math.imul(waste, 31) + n) | 0; globalThis.waste = waste'

const { values } = parseArgs({
  options: {
    percent: { type: 'string', default: '30' },
    times: { type: 'string', default: '10' },
    sound: { type: 'string', default: '0' },
  },
})

/** CPU microseconds of the engine per small request. */
async function requestMicros(): Promise<number> {
  const duel = await startDuel('processes/autocannon-load.js')
  const { engine } = duel
  const run = (amount: number) =>
    engine.load.ask<{ done: number; failed: number }>('run', {
      route: engine.route,
      servername: SERVERNAME,
      connections: 4,
      amount,
      path: '/small',
    } satisfies CannonRun)
  try {
    await run(4_000)
    return await cpuPer(engine, () => run(8_000))
  } finally {
    await duel.stop()
  }
}

/** Turns of the useless loop per microsecond of CPU. */
function turnsPerMicro(): number {
  const spin = new Function('COUNT', SPIN) as (count: number) => void
  const turns = 20_000_000
  spin(turns)
  const before = process.cpuUsage()
  spin(turns)
  const { user, system } = process.cpuUsage(before)
  return turns / (user + system)
}

function slowedCopy(turns: number): string {
  const folder = mkdtempSync(join(tmpdir(), 'soth-mitm-slowed-'))
  cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true })
  cpSync(join(ROOT, 'perf-gates/gates.json'), join(folder, 'perf-gates/gates.json'))
  cpSync(join(ROOT, 'package.json'), join(folder, 'package.json'))
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  const text = readFileSync(join(folder, LAYER), 'utf8')
  if (!text.includes(EXECUTE)) throw new Error(`${LAYER} has no "${EXECUTE}" to slow down`)
  writeFileSync(join(folder, LAYER), text.replace(EXECUTE, `${EXECUTE} { ${SPIN.replace('COUNT', String(turns))} }`))
  return folder
}

/** Whether all gates of a run are kept. */
function gatesKept(folder: string, args: readonly string[]): boolean {
  try {
    execFileSync(process.execPath, [join(folder, 'dist/perf-gates/run-gates.js'), ...args], { stdio: ['ignore', 'inherit', 'inherit'] })
    return true
  } catch {
    return false
  }
}

oneCore()
const micros = await requestMicros()
const turns = Math.round((micros * (Number(values.percent) / 100) * turnsPerMicro()) / READS_PER_REQUEST)
console.log(`a request costs ${micros.toFixed(1)} µs; ${turns} useless turns per read make it ${values.percent} % dearer`)
const folder = slowedCopy(turns)
let caught = 0
let kept = 0
for (let n = 0; n < Number(values.times); n++) if (!gatesKept(folder, ['--only', 'request-cost'])) caught++
for (let n = 0; n < Number(values.sound); n++) if (gatesKept(ROOT, ['--quick'])) kept++
rmSync(folder, { recursive: true })
console.log(`slowed by ${values.percent} %: caught in ${caught} of ${values.times}; as it is: kept in ${kept} of ${values.sound}`)
process.exitCode = caught === Number(values.times) && kept === Number(values.sound) ? 0 : 1
