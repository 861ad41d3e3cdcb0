/**
 * Gates over real sockets: CPU per request, per connection and per octet of body, and memory per idle session, against the bare relay.
 */

import { setTimeout as sleep } from 'node:timers/promises'
import type { CannonRun } from '../bench/processes/autocannon-load.ts'
import type { Churn, Connect, Requests } from '../bench/processes/traffic-asked.ts'
import { memoryBytes } from '../bench/support/process-tree.ts'
import type { Outcome } from '../bench/support/tally.ts'
import { atOnce, cpuPer, type Duellist, SERVERNAME, startDuel } from './duel.ts'
import type { Measure } from './measure.ts'

/** One duel for a series: both are warmed up until their code is compiled, which makes up more than what a pair costs. */
function duelling(loadModule: string, warmUp: (side: Duellist) => Promise<unknown>, cost: (side: Duellist) => Promise<number>): Measure {
  return {
    start: async () => {
      const duel = await startDuel(loadModule)
      try {
        await Promise.all([warmUp(duel.bare), warmUp(duel.engine)])
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
  (side) => cannon(side, 18_000),
  (side) => cpuPer(side, () => cannon(side, 2_500)),
)

function churn({ load, route }: Duellist, count: number): Promise<Outcome> {
  const asked: Churn = { route, count, concurrency: 4, path: '/small', servername: SERVERNAME, resume: false }
  return load.ask('churn', asked)
}

export const connectionCost = duelling(
  TRAFFIC,
  (side) => churn(side, 700),
  (side) => cpuPer(side, () => churn(side, 150)),
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
    await requests(side, '/1m', 800)
  },
  (side) => cpuPer(side, () => requests(side, '/1m', 150)),
)

const IDLE_SESSIONS = 1_000
const IDLE_WARM_UP = 200
const SETTLE_MS = 700

/** Octets by which a side grows per session that has made one request and stays; garbage collected before both readings. */
async function idleGrowth(side: Duellist): Promise<number> {
  const resident = async () => {
    await sleep(SETTLE_MS)
    await side.child.ask('gc')
    return memoryBytes([side.child.pid], 'now')
  }
  const open = async (sessions: number) => {
    const { failed } = await connect(side, sessions)
    if (failed > 0) throw new Error(`${failed} sessions failed`)
    await requests(side, '/small', sessions)
  }
  await open(IDLE_WARM_UP)
  const before = await resident()
  await open(IDLE_SESSIONS)
  return ((await resident()) - before) / IDLE_SESSIONS
}

/** A process has one pair in it: what a horde has left behind is there for the next, which then costs less. */
export const idleMemory: Measure = {
  start: async () => ({
    pair: async () => {
      const duel = await startDuel(TRAFFIC, ['--expose-gc'])
      try {
        return await atOnce(duel, idleGrowth)
      } finally {
        await duel.stop()
      }
    },
    stop: async () => {},
  }),
}
