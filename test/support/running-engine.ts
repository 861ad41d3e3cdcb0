/** RunningEngine: a whole engine on loopback with a CA of its own, and everything that it told. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { createEngine } from '../../src/engine.ts'
import type { Engine } from '../../src/engine-types.ts'
import type { EventOf, SothEvent } from '../../src/shared/events/event.ts'
import type { EventName } from '../../src/shared/events/schema.ts'
import type { EngineOptionsInput } from '../../src/shared/options/schema.ts'
import { until } from './aggregator-harness.ts'

export interface RunningEngine {
  readonly engine: Engine
  readonly port: number
  /** `host:port`, or '' where there is none. */
  readonly admin: string
  readonly caFile: string
  readonly caPem: string
  /** A short path of this test's own. */
  readonly directory: string
  readonly events: readonly SothEvent[]
  /** The events of `name` so far. */
  of<Name extends EventName>(name: Name): EventOf<Name>[]
  /** Waits for `count` events of `name` for which `test` holds; returns them. */
  wait<Name extends EventName>(name: Name, test: (event: EventOf<Name>) => boolean, count?: number): Promise<EventOf<Name>[]>
}

/** Closed with the test. Listens on a port of the system's choice; one worker unless told otherwise. */
export async function runEngine(
  t: Test,
  options: EngineOptionsInput | ((directory: string) => EngineOptionsInput) = {},
): Promise<RunningEngine> {
  const directory = mkdtempSync(join(tmpdir(), 'soth-'))
  const given = typeof options === 'function' ? options(directory) : options
  const engine = createEngine({ listen: '127.0.0.1:0', admin: false, workers: 1, ca_dir: join(directory, 'ca'), ...given })
  const events: SothEvent[] = []
  engine.subscribe({}, (event) => void events.push(event), { queue: 1_000_000 })
  t.teardown(async () => {
    await engine.close()
    rmSync(directory, { recursive: true, force: true })
  })
  const { listen, admin, ca } = await engine.start()
  const of = <Name extends EventName>(name: Name) => events.filter(({ event }) => event === name) as unknown as EventOf<Name>[]
  return {
    engine,
    port: Number(listen[0]?.split(':').at(-1)),
    admin: admin ?? '',
    caFile: ca.certPath,
    caPem: readFileSync(ca.certPath, 'utf8'),
    directory,
    events,
    of,
    wait: async (name, test, count = 1) => {
      await until(() => of(name).filter(test).length >= count, `${count} × ${name}`, 10_000)
      return of(name).filter(test)
    },
  }
}
