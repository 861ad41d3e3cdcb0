/**
 * One hot file against the reference loop. argv: name of the subject. Asked `pair`: answers their ratio of CPU time per operation,
 * over slices that alternate.
 */

import { serve } from '../../bench/support/child.ts'
import { http1Pair } from '../subjects/http1-pair.ts'
import { ndjsonLine } from '../subjects/ndjson-line.ts'
import { policyDecision } from '../subjects/policy-decision.ts'
import { referenceLoop } from '../subjects/reference-loop.ts'
import { ringWrite } from '../subjects/ring-write.ts'
import type { MakeSubject, Subject } from '../subjects/subject.ts'

const SUBJECTS: Readonly<Record<string, MakeSubject>> = {
  'http1-pair': http1Pair,
  'ring-write': ringWrite,
  'policy-decision': policyDecision,
  'ndjson-line': ndjsonLine,
}

const SLICES = 6
const SLICE_US = 12_000

function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

/** Runs a subject for a slice; CPU microseconds per operation. */
async function slice(subject: Subject): Promise<number> {
  let operations = 0
  let micros = 0
  while (micros < SLICE_US) {
    const before = cpuUs()
    operations += subject.run()
    micros += cpuUs() - before
    await subject.settle?.()
  }
  return micros / operations
}

async function pair(turn: number): Promise<number> {
  let own = 0
  let other = 0
  for (let n = 0; n < SLICES; n++) {
    if ((turn + n) % 2 === 0) own += await slice(subject)
    other += await slice(reference)
    if ((turn + n) % 2 === 1) own += await slice(subject)
  }
  return own / other
}

const make = SUBJECTS[process.argv[2] ?? '']
if (make === undefined) throw new Error(`no subject ${process.argv[2]}`)
const subject = await make()
const reference = referenceLoop()
// Warm-up: both are compiled before anything counts.
for (let turn = 0; turn < 2; turn++) await pair(turn)
serve('ready', { pair })
