/**
 * A scenario's report for people. Text only. Main thread.
 */

import { counted } from '../text/counted.ts'
import { shownMs } from './judge.ts'
import type { AttemptReport, OperationReport, PhaseReport, ScenarioReport } from './scenario-report.ts'

/** More operations than anybody reads. */
const MAX_SHOWN = 10

export function reportText(report: ScenarioReport): string {
  const passed = report.phases.filter(({ ok }) => ok).length
  const verdict = `${report.ok ? 'PASS' : 'FAIL'}: ${passed} of ${counted(report.phases.length, 'phase')}`
  return [`Scenario: ${report.title}`, '', ...report.phases.flatMap(phaseLines), verdict, ''].join('\n')
}

function phaseLines(phase: PhaseReport): string[] {
  const code = phase.exit_code === undefined ? '' : `, exit code ${phase.exit_code}`
  const lines = [`Phase ${phase.name}: ${phase.ok ? 'PASS' : 'FAIL'} (${shownMs(phase.duration_ms)}${code})`]
  for (const { rule, kind, profile, count } of phase.injected) {
    lines.push(`  injected  ${count} × ${profile ?? kind} (${profile === undefined ? '' : `${kind}, `}rule ${rule})`)
  }
  if (phase.injected.length === 0) lines.push('  injected  nothing')
  for (const operation of phase.operations.slice(0, MAX_SHOWN)) lines.push(...operationLines(operation))
  const more = phase.operation_count - MAX_SHOWN
  if (more > 0) lines.push(`  … and ${more} more operations`)
  for (const { name, ok, expected, found } of phase.checks) {
    lines.push(`  ${ok ? 'ok  ' : 'FAIL'}  ${name}: ${ok ? found : `expected ${expected}; found ${found}`}`)
  }
  return [...lines, '']
}

const OUTCOMES = { succeeded: 'succeeded', gave_up: 'gave up', unfinished: 'not over' } as const

function operationLines({ method, host, port, path, outcome, attempts }: OperationReport): string[] {
  return [
    `  ${method} ${host}:${port}${path}: ${OUTCOMES[outcome]}`,
    ...attempts.map((attempt, n) => `    ${n + 1}  ${attemptText(attempt)}`),
  ]
}

function attemptText(attempt: AttemptReport): string {
  const { faults, waited_ms: waited, asked_ms: asked } = attempt
  const parts = [responseText(attempt)]
  if (faults.length > 0) parts.push(`fault ${faults.join(', ')}`)
  if (waited !== undefined) parts.push(`waited ${shownMs(waited)}${asked === undefined ? '' : ` of the ${shownMs(asked)} asked for`}`)
  return parts.join('; ')
}

/** How it ended, where that says more than status and fault do. */
function responseText({ status, close_reason: reason = 'not over', faults }: AttemptReport): string {
  const isPlain = reason === 'completed' || (reason === 'fault_injected' && faults.length > 0)
  return `${status ?? 'no response'}${isPlain ? '' : ` (${reason})`}`
}
