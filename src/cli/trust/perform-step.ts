/**
 * Performs one step of the trust table, and says what came of it. Never asks for privileges: what needs root is told, not done.
 * Main thread.
 */

import { spawnSync } from 'node:child_process'
import { shellLine } from '../text/shell-word.ts'
import type { Machine } from './machine.ts'
import type { TrustStep } from './trust-target.ts'

/** keytool and certutil take a second; a command that waits for an answer must not hang the CLI. */
const STEP_DEADLINE_MS = 60_000
const DETAIL_LIMIT_CHARS = 300

export type Direction = 'install' | 'uninstall'

export interface StepOutcome {
  /** `kept`: a setting of the operator's own. `not_run`: an earlier step of the same target failed. `shown`: for a person. */
  readonly status: 'done' | 'unchanged' | 'kept' | 'needs_root' | 'failed' | 'not_run' | 'shown'
  readonly detail: string
}

export interface RunResult {
  readonly ok: boolean
  readonly stdout: string
  /** What it said, both outputs in one. */
  readonly said: string
}

export type Runner = (command: readonly string[], machine: Machine) => RunResult

export function performStep(step: TrustStep, direction: Direction, machine: Machine, run: Runner = runCommand): StepOutcome {
  switch (step.kind) {
    case 'show':
      return { status: 'shown', detail: '' }
    case 'setting':
      return changeSetting(step, direction, machine, run)
    case 'run': {
      if (step.needsRoot === true && !machine.isRoot) return { status: 'needs_root', detail: 'run it yourself' }
      const { ok, said } = run(step.command, machine)
      if (ok) return { status: 'done', detail: '' }
      return step.nothingToDo !== undefined && said.includes(step.nothingToDo)
        ? { status: 'unchanged', detail: '' }
        : { status: 'failed', detail: said }
    }
  }
}

/** The command as it can be pasted. */
export function stepLine(step: TrustStep, direction: Direction, machine: Machine): string {
  switch (step.kind) {
    case 'show':
      return step.text
    case 'setting':
      return shellLine(direction === 'install' ? step.write : step.unset)
    case 'run':
      return `${step.needsRoot === true && !machine.isRoot ? 'sudo ' : ''}${shellLine(step.command)}`
  }
}

function changeSetting(step: Extract<TrustStep, { kind: 'setting' }>, direction: Direction, machine: Machine, run: Runner): StepOutcome {
  const { ok, stdout } = run(step.read, machine)
  const text = stdout.trim()
  const current = ok && text !== 'null' && text !== 'undefined' ? text : ''
  const isOurs = current === step.value
  if (current !== '' && !isOurs) return { status: 'kept', detail: `it is set to ${current}, which is not ours` }
  if (isOurs === (direction === 'install')) return { status: 'unchanged', detail: '' }
  const result = run(direction === 'install' ? step.write : step.unset, machine)
  return result.ok ? { status: 'done', detail: '' } : { status: 'failed', detail: result.said }
}

function runCommand([program = '', ...args]: readonly string[], { env, home }: Machine): RunResult {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    env: { ...env, HOME: home },
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: STEP_DEADLINE_MS,
    killSignal: 'SIGKILL',
  })
  const said = error?.message ?? `${stderr}\n${stdout}`.trim().replaceAll(/\s+/g, ' ').slice(0, DETAIL_LIMIT_CHARS)
  return { ok: status === 0, stdout: stdout ?? '', said: said === '' ? `it ended with status ${status}` : said }
}
