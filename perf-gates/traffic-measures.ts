/**
 * Gates over real sockets: CPU per request, per connection and per octet of body, and memory per idle session, against the bare relay.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { CannonRun } from '../bench/processes/autocannon-load.ts'
import type { Churn, Connect, Requests } from '../bench/processes/traffic.ts'
import { memoryBytes } from '../bench/support/process-tree.ts'
import type { Outcome } from '../bench/support/tally.ts'
import { atOnce, cpuPer, type Duel, type Duellist, SERVERNAME, startDuel } from './duel.ts'
import type { Measure, Pairing } from './measure.ts'

function duelling(loadModule: string, warmUp: (side: Duellist) => Promise<unknown>, cost: (side: Duellist) => Promise<number>): Measure {
  return {
    start: async (): Promise<Pairing> => {
      const duel: Duel = await startDuel(loadModule)
      try {
        for (const side of [duel.bare, duel.engine]) await warmUp(side)
      } catch (error) {
        await duel.stop()
        throw error
      }
      return { pair: () => atOnce(duel, cost), stop: () => duel.stop() }
    },
  }
}

const CANNON = 'processes/autocannon-load.js'
const TRAFFIC = 'processes/traffic.js'

function cannon({ load, route }: Duellist, amount: number): Promise<{ done: number; failed: number }> {
  return load.ask('run', { route, servername: SERVERNAME, connections: 4, amount, path: '/small' } satisfies CannonRun)
}

export const requestCost = duelling(
  CANNON,
  (side) => cannon(side, 2_500),
  (side) => cpuPer(side, () => cannon(side, 3_500)),
)

function churn({ load, route }: Duellist, count: number): Promise<Outcome> {
  const asked: Churn = { route, count, concurrency: 4, path: '/small', servername: SERVERNAME, resume: false }
  return load.ask('churn', asked)
}

export const connectionCost = duelling(
  TRAFFIC,
  (side) => churn(side, 120),
  (side) => cpuPer(side, () => churn(side, 100)),
)

function connect({ load, route }: Duellist, connections: number): Promise<Outcome> {
  return load.ask('connect', { route, servername: SERVERNAME, connections } satisfies Connect)
}

function requests({ load, route }: Duellist, path: string, count: number): Promise<Outcome> {
  return load.ask('requests', { count, path, host: route.authority } satisfies Requests)
}

export const bodyCost = duelling(
  TRAFFIC,
  async (side) => {
    await connect(side, 4)
    await requests(side, '/1m', 40)
  },
  (side) => cpuPer(side, () => requests(side, '/1m', 80)),
)

const IDLE_SESSIONS = 250
const SETTLE_MS = 700

/** Octets by which a side grows per session that has made one request and stays. */
async function idleGrowth(side: Duellist): Promise<number> {
  const resident = () => memoryBytes([side.child.pid], 'now')
  const before = resident()
  const { failed } = await connect(side, IDLE_SESSIONS)
  if (failed > 0) throw new Error(`${failed} sessions failed`)
  await sleep(SETTLE_MS)
  return Math.max(1, resident() - before) / IDLE_SESSIONS
}

export const idleMemory = duelling(
  TRAFFIC,
  async (side) => {
    await connect(side, IDLE_SESSIONS)
    await requests(side, '/small', 2 * IDLE_SESSIONS)
  },
  idleGrowth,
)
