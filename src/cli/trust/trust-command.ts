/**
 * `soth-mitm ca trust`: the exact steps by which this machine's stores and programs trust the CA; with `--install` and `--uninstall`,
 * performed where that is possible. Main thread.
 */

import { expandHome } from '../../shared/options/expand-home.ts'
import { CaError } from '../../workers/tls/ca/ca-error.ts'
import { CaStore, type OpenedCa } from '../../workers/tls/ca/ca-store.ts'
import { type Arguments, type FlagSpecs, parseArguments, singleValue } from '../arguments/parse-arguments.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { EXIT_FAILED, EXIT_OK } from '../exit-codes.ts'
import { type Machine, thisMachine } from './machine.ts'
import { type Direction, performStep, type Runner, type StepOutcome, stepLine } from './perform-step.ts'
import { type TrustFiles, writeTrustFiles } from './trust-files.ts'
import { TRUST_TARGETS } from './trust-table.ts'
import type { TrustTarget } from './trust-target.ts'

export const TRUST_FLAGS = {
  'ca-dir': { value: 'DIRECTORY', doc: 'directory of the CA' },
  target: { value: 'NAME', doc: 'only this one; may be repeated. Without it: what this machine has' },
  install: { doc: 'perform the steps; what needs root is done by root only' },
  uninstall: { doc: 'undo them' },
  all: { doc: 'print the steps of everything in the table' },
  help: { doc: 'show this help', short: 'h' },
} as const satisfies FlagSpecs

const OUTCOME_WORDS: Readonly<Record<StepOutcome['status'], string>> = {
  done: 'done',
  unchanged: 'nothing to do',
  kept: 'left alone',
  needs_root: 'needs root',
  failed: 'FAILED',
  not_run: 'not run',
  shown: 'by hand',
}

export interface TrustSurroundings {
  readonly machine: Machine
  readonly run?: Runner
  readonly print: (text: string) => void
  readonly now: () => number
}

const HERE: TrustSurroundings = { machine: thisMachine(), print: (text) => void process.stdout.write(text), now: Date.now }

/** `args`: what follows `trust`. Resolves to the exit code: 1 where a step failed or needs root. */
export function runTrustCommand(args: readonly string[], caDirectory: string, surroundings: TrustSurroundings = HERE): number {
  const parsed = parseArguments(args, TRUST_FLAGS, [])
  const { machine, print, now } = surroundings
  const direction = directionOf(parsed)
  const targets = chosenTargets(parsed, machine, direction !== undefined)
  const opened = openCa(new CaStore(expandHome(singleValue(parsed, 'ca-dir') ?? caDirectory), now), direction)
  const files = writeTrustFiles(opened, machine.env, now())
  print(heading(files, opened.created))
  if (direction === undefined) {
    for (const target of targets) print(describe(target, files, machine))
    print(closing(targets))
    return EXIT_OK
  }
  let isComplete = true
  for (const target of targets) isComplete = performTarget(target, direction, files, surroundings) && isComplete
  if (targets.length === 0) print('Nothing in the table is on this machine.\n')
  return isComplete ? EXIT_OK : EXIT_FAILED
}

/** Taking back makes no CA: whoever has deleted theirs would be told that nothing of it is in the stores. */
function openCa(store: CaStore, direction: Direction | undefined): OpenedCa {
  if (direction !== 'uninstall') return store.open()
  try {
    return store.load()
  } catch (error) {
    if (!(error instanceof CaError) || error.code !== 'ca_missing') throw error
    throw new CaError(
      error.code,
      error.what,
      'name its directory with --ca-dir; what a deleted CA has left is removed by hand (docs/trust.md)',
    )
  }
}

function directionOf(parsed: Arguments): Direction | undefined {
  const install = parsed.flags.has('install')
  const uninstall = parsed.flags.has('uninstall')
  if (install && uninstall) throw new UsageError('cannot stand beside --install', '--uninstall')
  return install ? 'install' : uninstall ? 'uninstall' : undefined
}

/** Named ones, whatever this machine has; else those it has, and to perform only such as add to roots and replace nothing. */
function chosenTargets(parsed: Arguments, machine: Machine, performing: boolean): readonly TrustTarget[] {
  const names = parsed.flags.get('target')
  const unknown = names?.find((name) => !TRUST_TARGETS.some(({ id }) => id === name))
  if (unknown !== undefined) {
    throw new UsageError('no such target', unknown, `choose of ${TRUST_TARGETS.map(({ id }) => id).join(', ')}`)
  }
  if (names !== undefined) return TRUST_TARGETS.filter(({ id }) => names.includes(id))
  if (parsed.flags.has('all') && !performing) return TRUST_TARGETS
  return TRUST_TARGETS.filter((target) => target.detect(machine) && !(performing && target.onlyWhenNamed === true))
}

function heading(files: TrustFiles, created: boolean): string {
  return `CA       ${files.ca}${created ? '  (made now)' : ''}
SHA-256  ${files.fingerprint}
Bundle   ${files.bundle}  (the CA and the system's roots: for what replaces its roots)

`
}

function describe(target: TrustTarget, files: TrustFiles, machine: Machine): string {
  const lines = target.install(files, machine).map((step) => `    ${stepLine(step, 'install', machine)}\n`)
  const { needs } = target
  const missing = needs === undefined || machine.find(needs.program) !== undefined ? '' : `  needs ${needs.program}: ${needs.remedy}\n`
  return `${target.title}  [${target.id}]\n${wrap(target.words, '  ')}${missing}${lines.join('')}\n`
}

function closing(shown: readonly TrustTarget[]): string {
  const others = TRUST_TARGETS.filter((target) => !shown.includes(target)).map(({ id }) => id)
  const rest = others.length === 0 ? '' : `Not shown: ${others.join(', ')} (--target NAME, --all).\n`
  return `No store was changed. --install performs what can be; soth-mitm exec -- COMMAND sets all of it for one program;
soth-mitm doctor tries whether it works.
${rest}`
}

/** True: nothing is left to do. */
function performTarget(target: TrustTarget, direction: Direction, files: TrustFiles, surroundings: TrustSurroundings): boolean {
  const { machine, run, print } = surroundings
  print(`${target.title}  [${target.id}]\n`)
  const steps = direction === 'install' ? target.install(files, machine) : target.uninstall(files, machine)
  const { needs } = target
  if (needs !== undefined && machine.find(needs.program) === undefined && steps.length > 0) {
    print(`  FAILED         needs ${needs.program}: ${needs.remedy}\n`)
    return false
  }
  let isBlocked = false
  for (const step of steps) {
    // A later step builds on the earlier ones.
    const outcome: StepOutcome = isBlocked && step.kind === 'run' ? NOT_RUN : performStep(step, direction, machine, run)
    const detail = outcome.detail === '' ? '' : `\n                 ${outcome.detail}`
    print(`  ${OUTCOME_WORDS[outcome.status].padEnd(13)}  ${stepLine(step, direction, machine)}${detail}\n`)
    isBlocked ||= outcome.status === 'failed' || outcome.status === 'needs_root'
  }
  if (steps.length === 0) print('  nothing to do\n')
  return !isBlocked
}

const NOT_RUN: StepOutcome = { status: 'not_run', detail: '' }

const WIDTH = 120

function wrap(text: string, indent: string): string {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line.length + word.length >= WIDTH && line !== '') {
      lines.push(line)
      line = ''
    }
    line += line === '' ? word : ` ${word}`
  }
  return [...lines, line].map((text) => `${indent}${text}\n`).join('')
}
