/**
 * What a scenario has come to, as the JSON of `--json`: injected, done by the client, expected. Data only. Main thread.
 */

import type { Injected } from './attempt.ts'
import type { Check, Evidence } from './judge.ts'
import { type Operation, type Outcome, waitsOf } from './operation.ts'

/** Operations written out; the rest is counted. */
const MAX_OPERATIONS = 200

export interface AttemptReport {
  readonly status?: number | undefined
  readonly close_reason?: string | undefined
  /** Profiles, or kinds, of the faults that hit it. */
  readonly faults: readonly string[]
  /** Since the failure before it. */
  readonly waited_ms?: number | undefined
  /** What the response before it asked for. */
  readonly asked_ms?: number | undefined
  readonly duration_ms?: number | undefined
}

export interface OperationReport {
  readonly method: string
  readonly host: string
  readonly port: number
  readonly path: string
  readonly outcome: Outcome
  readonly attempts: readonly AttemptReport[]
}

export interface InjectedReport {
  readonly rule: string
  readonly kind: string
  readonly profile?: string | undefined
  readonly count: number
}

export interface PhaseReport {
  readonly name: string
  readonly ok: boolean
  readonly duration_ms: number
  readonly exit_code?: number | undefined
  readonly injected: readonly InjectedReport[]
  /** All; `operations` holds the first 200. */
  readonly operation_count: number
  readonly operations: readonly OperationReport[]
  readonly checks: readonly Check[]
}

export interface ScenarioReport {
  readonly title: string
  readonly ok: boolean
  readonly phases: readonly PhaseReport[]
}

export function scenarioReport(title: string, phases: readonly PhaseReport[]): ScenarioReport {
  return { title, ok: phases.every(({ ok }) => ok), phases }
}

export function phaseReport(name: string, evidence: Evidence, faults: readonly Injected[], checks: readonly Check[]): PhaseReport {
  return {
    name,
    ok: checks.every(({ ok }) => ok),
    duration_ms: Math.round(evidence.durationMs),
    exit_code: evidence.exitCode,
    injected: injectedOf(faults),
    operation_count: evidence.operations.length,
    operations: evidence.operations.slice(0, MAX_OPERATIONS).map(operationReport),
    checks,
  }
}

function injectedOf(faults: readonly Injected[]): InjectedReport[] {
  const counts = new Map<string, InjectedReport>()
  for (const { rule = '', kind = '', profile } of faults) {
    const key = `${rule} ${kind} ${profile ?? ''}`
    counts.set(key, { rule, kind, profile, count: (counts.get(key)?.count ?? 0) + 1 })
  }
  return [...counts.values()]
}

function operationReport(operation: Operation): OperationReport {
  const { attempts, outcome } = operation
  const { host, port } = attempts[0]
  const { method, path } = attempts.at(-1) ?? attempts[0]
  const waits = waitsOf(operation)
  return {
    method,
    host,
    port,
    path,
    outcome,
    attempts: attempts.map(({ status, reason, faults, startMs, endMs }, n) => ({
      status,
      close_reason: reason,
      faults: faults.map(({ profile, kind = '' }) => profile ?? kind),
      waited_ms: rounded(waits[n - 1]?.waitedMs),
      asked_ms: rounded(waits[n - 1]?.askedMs),
      duration_ms: rounded(endMs === undefined ? undefined : endMs - startMs),
    })),
  }
}

function rounded(ms: number | undefined): number | undefined {
  return ms === undefined ? undefined : Math.round(ms * 10) / 10
}
