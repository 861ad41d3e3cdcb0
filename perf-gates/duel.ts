/**
 * Duel: the engine and the bare relay as processes beside one another, with one origin; a measure says what work they get.
 *
 * CPU time is that of the whole process, all threads: rings, aggregator and garbage collection are in it.
 */

import { join } from 'node:path'
import { makeBenchPki } from '../bench/support/bench-pki.ts'
import { Child } from '../bench/support/child.ts'
import { BODIES } from '../bench/support/origin.ts'
import type { Route } from '../bench/support/tunnel.ts'
import type { Pair } from './measure.ts'

export interface Duellist {
  readonly child: Child
  readonly load: Child
  readonly route: Route
}

export interface Duel {
  readonly engine: Duellist
  readonly bare: Duellist
  stop(): Promise<void>
}

export const SERVERNAME = 'origin.test'

/** `loadModule`: the load generator's process, which each side has one of; `execArgv`: Node's own flags, for both sides. */
export async function startDuel(loadModule: string, execArgv: readonly string[] = []): Promise<Duel> {
  const pki = makeBenchPki()
  const origin = await Child.start<{ port: number }>('processes/node-origin.js', [pki.certificate, pki.key, JSON.stringify(BODIES)])
  const authority = `127.0.0.1:${origin.ready.port}`
  const options = {
    listen: '127.0.0.1:0',
    admin: '127.0.0.1:0',
    workers: 1,
    ca_dir: join(pki.folder, 'ca'),
    upstream: { extra_ca_file: pki.ca },
  }
  const engine = await Child.start<{ port: number; ca: string }>('processes/engine.js', [JSON.stringify(options)], execArgv)
  const bare = await Child.start<{ port: number }>('processes/bare-relay.js', [pki.ca, pki.certificate, pki.key], execArgv)
  const duellist = async (child: Child, port: number, trust: string): Promise<Duellist> => ({
    child,
    load: (await Child.start(loadModule, [trust])).child,
    route: { port, authority },
  })
  const duel = {
    engine: await duellist(engine.child, engine.ready.port, engine.ready.ca),
    bare: await duellist(bare.child, bare.ready.port, pki.ca),
  }
  return {
    ...duel,
    stop: async () => {
      for (const { load, child } of [duel.engine, duel.bare]) {
        await load.stop()
        await child.stop()
      }
      await origin.child.stop()
      pki.remove()
    },
  }
}

/**
 * Costs of both sides at the same time. What else the machine does, and how it lumps events together, then falls on both alike: one
 * after the other, a busy machine gave ratios from 1.4 to 2.0 for the same pair of programs.
 */
export async function atOnce({ engine, bare }: Duel, cost: (side: Duellist) => Promise<number>): Promise<Pair> {
  const [own, other] = await Promise.all([cost(engine), cost(bare)])
  return { own, other }
}

/** CPU time that `work` costs a side per operation that it has done; a failed one is an error, not a cheap one. */
export async function cpuPer(side: Duellist, work: () => Promise<{ done: number; failed: number }>): Promise<number> {
  const before = await side.child.cpu()
  const { done, failed } = await work()
  if (failed > 0) throw new Error(`${failed} operations failed`)
  return ((await side.child.cpu()) - before) / done
}
