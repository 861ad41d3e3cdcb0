/**
 * Chaos: dialogues of many kinds at once, split, paced, and cut by either end at any octet, with reloads, faults and a dying worker
 * between them. Whatever was not cut has arrived octet for octet, the events and metrics keep their laws, and nothing is left.
 *
 *     SOTH_CHAOS_SEEDS=100 node dist/test/stress/chaos.js      one engine per seed; SOTH_CHAOS_FIRST=7: from that one on
 */

import { readdirSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import type { Worker } from 'node:worker_threads'
import t, { type Test } from 'tap'
import type { EngineOptionsInput } from '../../src/shared/options/schema.ts'
import { judge } from '../support/chaos/judge.ts'
import { Playbill, type Played, play, startOrigins } from '../support/chaos/play.ts'
import { Draw, makeScript, type Script } from '../support/chaos/script.ts'
import { answerStream, playStreams } from '../support/chaos/streams.ts'
import { EngineHarness } from '../support/engine-harness.ts'
import { startHttp2Origin } from '../support/origins/http2-origin.ts'

const SEEDS = Number(process.env['SOTH_CHAOS_SEEDS'] ?? 4)
const FIRST = Number(process.env['SOTH_CHAOS_FIRST'] ?? 1)
const SCRIPTS = 120
const SESSIONS = 6
const LANES = 12
/** Descriptors that the process opens for itself as it goes on. */
const SPARE_DESCRIPTORS = 8

t.setTimeout(SEEDS * 900_000)

const threads: Worker[] = []
process.on('worker', (worker) => threads.push(worker))
const rejections: unknown[] = []
process.on('unhandledRejection', (reason) => rejections.push(reason))

interface Act {
  readonly script: Script
  readonly played: Played
}

const descriptors = () => (process.platform === 'linux' ? readdirSync('/proc/self/fd').length : 0)

async function chaos(t: Test, seed: number): Promise<void> {
  const draw = new Draw(seed)
  const before = descriptors()
  const playbill = new Playbill()
  const { secure, clear } = await startOrigins(playbill)
  const http2 = await startHttp2Origin(t, answerStream)
  const isFaulty = draw.chance(50)
  const first = threads.length
  const harness = await EngineHarness.start(t, {
    workers: 2,
    observe: draw.pick(['metadata', 'bodies', 'none'] as const),
    connect_strategy: draw.chance(75) ? 'eager' : 'lazy',
    fault_seed: seed,
    // Writers in small pieces are slow on a busy machine: no deadline may take them for idle.
    limits: { head_timeout_ms: 120_000, connect_timeout_ms: 120_000, handshake_timeout_ms: 120_000 },
    rules: rulesOf(0, isFaulty),
  })
  const stage = { proxyPort: harness.proxyPort, ca: harness.caPem, secure, clear }
  const acts: Act[] = []
  const faults: string[] = []
  const aborts = draw.pick([0, 20, 60])
  const kills = draw.chance(50)
  let next = 0
  const lane = async () => {
    while (next < SCRIPTS) {
      const n = next++
      const script = makeScript(seed * 1_000 + n, aborts)
      acts.push({ script, played: await play(script, stage, playbill) })
      if (n % 20 === 10) await harness.engine.reload({ ...harness.options, rules: rulesOf(n, isFaulty) })
      // The aggregator is the first thread that an engine starts, its shards come next.
      if (kills && n === SCRIPTS >> 1) await threads[first + 1]?.terminate()
    }
  }
  const sessions = async () => {
    for (let n = 0; n < SESSIONS; n++) {
      const isShaken = kills || isFaulty
      const own = playStreams(harness, http2.port, seed * 50 + n, aborts, isShaken)
      faults.push(...(await own.catch((error: Error) => (isShaken ? [] : [`session ${n}: ${error.message}`]))))
    }
  }
  await Promise.all([sessions(), ...Array.from({ length: LANES }, lane)])
  await harness.checkLaws(t, acts.length)
  faults.push(...judge(acts, harness.events, stage))
  t.same(faults, [], `seed ${seed}: what was not cut has arrived`)
  t.same(rejections, [], 'no promise was left rejected')
  await Promise.all([harness.engine.close(), secure.close(), clear.close()])
  http2.hangUp()
  await delay(50)
  t.ok(descriptors() <= before + SPARE_DESCRIPTORS, `${descriptors()} descriptors, ${before} before`)
}

/** Faults: those that only take time alter nothing, and the cut is told. */
function rulesOf(n: number, isFaulty: boolean): EngineOptionsInput['rules'] {
  return [
    { name: `filler-${n}`, match: { host: `filler-${n}.example` }, action: 'block' },
    { name: 'opaque', match: { host: '127.0.0.1' }, action: 'tunnel' },
    ...(isFaulty ? [{ name: 'shaken', match: {}, fault: FAULTS }] : []),
  ]
}

const FAULTS = [
  { kind: 'slice' as const, direction: 'both' as const, bytes: 700, variation: 600, gap_ms: 1, probability: 0.3 },
  { kind: 'jitter' as const, direction: 'both' as const, amplitude_ms: 5, probability: 0.3 },
  { kind: 'reset' as const, direction: 'to_client' as const, after_bytes: 20_000, probability: 0.05 },
]

for (let seed = FIRST; seed < FIRST + SEEDS; seed++) t.test(`seed ${seed}`, (t) => chaos(t, seed))
