/**
 * How far the engine scales with cores: serial parts, hand-off, evenness of shards (`support/scaling.ts`).
 *
 * Run: `node dist/bench/shard-scaling.bench.js [--rounds N] [--simulate]` (JSON); `--simulate`: the simulation alone.
 */

import { parseArgs } from 'node:util'
import { makeBenchPki } from './support/bench-pki.ts'
import { machine } from './support/machine.ts'
import { startOrigin } from './support/origin.ts'
import { type Scaling, scaling, simulations } from './support/scaling.ts'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '8' }, simulate: { type: 'boolean', default: false } } })

async function measured(): Promise<Scaling> {
  const pki = makeBenchPki()
  const origin = await startOrigin(pki)
  try {
    return await scaling(pki, origin, Number(values.rounds))
  } finally {
    await origin.stop()
    pki.remove()
  }
}

const figures = values.simulate ? {} : await measured()
process.stdout.write(`${JSON.stringify({ machine: machine(), ...figures, simulation: simulations() }, null, 2)}\n`)
