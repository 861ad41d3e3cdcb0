/**
 * ScenarioRunner: an engine of its own, one phase after another: new rules, the client, what the events tell, the verdict. Main
 * thread.
 *
 * A connection keeps the rules that it began with. A client that runs anew in each phase makes new connections; one from outside
 * that keeps a connection open meets the next phase's faults on its next one.
 */

import { setTimeout as delay } from 'node:timers/promises'
import { UserError } from '../../shared/errors.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import { CaStore } from '../../workers/tls/ca/ca-store.ts'
import type { CreateServedEngine, ServedEngine, ServedSettings } from '../engine/served-engine.ts'
import { proxyVariables } from '../exec/proxy-variables.ts'
import { writeTrustFiles } from '../trust/trust-files.ts'
import { AttemptLog } from './attempt-log.ts'
import { type ClientEnd, runClient } from './client-process.ts'
import { type Evidence, judge } from './judge.ts'
import type { LoadedPhase, LoadedScenario } from './load-scenario.ts'
import { operationsOf } from './operation.ts'
import { type PhaseReport, phaseReport, type ScenarioReport, scenarioReport } from './scenario-report.ts'

/** How long after its client's end a phase waits for the last events of its connections. */
const SETTLE_MS = 2_000
const POLL_MS = 20

interface Running {
  readonly engine: ServedEngine
  readonly env: NodeJS.ProcessEnv
  readonly timeoutMs: number
  log: AttemptLog
}

export interface RunnerSettings {
  readonly createEngine: CreateServedEngine
  readonly log: ServedSettings['log']
  /** Told where clients from outside find the proxy. */
  readonly onReady: (address: string, caFile: string) => void
}

export async function runScenario({ scenario, phases }: LoadedScenario, settings: RunnerSettings): Promise<ScenarioReport> {
  const [first] = phases
  const engine = settings.createEngine(first.options, { log: settings.log })
  try {
    const env = { ...(await startFor(engine, first.options, settings)), ...scenario.env }
    const running: Running = { engine, env, timeoutMs: scenario.timeout_ms, log: new AttemptLog() }
    engine.subscribe({}, (event) => running.log.add(event))
    const reports: PhaseReport[] = []
    for (const loaded of phases) reports.push(await runPhase(running, loaded, loaded !== first))
    return scenarioReport(scenario.title, reports)
  } finally {
    await engine.close()
  }
}

/** The environment by which a client finds the proxy and trusts it. */
async function startFor(engine: ServedEngine, options: EngineOptions, settings: RunnerSettings): Promise<NodeJS.ProcessEnv> {
  const files = writeTrustFiles(new CaStore(options.ca_dir, Date.now).open(), process.env, Date.now())
  const { listen, ca } = await engine.start()
  const address = listen.find((text) => !text.startsWith('unix:')) ?? ''
  settings.onReady(address, ca.certPath)
  const url = new URL(`http://${address}`)
  const place = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port), credentials: options.proxy_auth?.users[0] }
  return { ...process.env, ...proxyVariables(place, files, process.env) }
}

async function runPhase(running: Running, { phase, options, command }: LoadedPhase, isLater: boolean): Promise<PhaseReport> {
  const { engine } = running
  if (isLater) {
    await engine.flush()
    await engine.reload(options)
    running.log = new AttemptLog()
  }
  const { log } = running
  const startedAt = performance.now()
  const end = command === undefined ? await outsiders(running, phase) : await ownClient(running, command)
  const durationMs = performance.now() - startedAt
  await settle(engine, log, command === undefined ? 0 : SETTLE_MS)
  const evidence: Evidence = {
    operations: operationsOf(log.attempts),
    faults: log.faults.length,
    durationMs,
    exitCode: end?.exitCode,
    isTimedOut: end?.isTimedOut ?? false,
  }
  return phaseReport(phase.name, evidence, log.faults, judge(phase.expect, evidence))
}

async function ownClient({ env, timeoutMs }: Running, command: readonly string[]): Promise<ClientEnd> {
  const end = await runClient(command, env, timeoutMs)
  if (end.problem !== undefined) throw new UserError(`the client did not start: ${end.problem}`, command[0] ?? '', 'put `run` right')
  return end
}

async function outsiders({ engine, log }: Running, { exchanges, wait_ms: waitMs }: LoadedPhase['phase']): Promise<undefined> {
  const deadline = waitMs === undefined ? Number.POSITIVE_INFINITY : performance.now() + waitMs
  while (performance.now() < deadline && log.ended < (exchanges ?? Number.POSITIVE_INFINITY)) {
    await delay(POLL_MS)
    await engine.flush()
  }
}

async function settle(engine: ServedEngine, log: AttemptLog, deadlineMs: number): Promise<void> {
  await engine.flush()
  for (const deadline = performance.now() + deadlineMs; log.open > 0 && performance.now() < deadline; await engine.flush()) {
    await delay(POLL_MS)
  }
}
