/**
 * One hot file against the reference loop. argv: name of the subject. Asked `pair`: answers both costs, CPU microseconds per operation: the
 * medians of slices that alternate, so that a slice which the machine's other work has made dear counts like any other that is dear.
 */

import { serve } from '../../bench/support/child.ts'
import { median } from '../../bench/support/statistics.ts'
import type { Pair } from '../measure.ts'
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

const SLICES = 25
/** Until both are compiled. */
const WARM_UP_SLICES = 40
/** Short against a time slice of the scheduler, long against the clock of CPU time. */
const SLICE_US = 3_000

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

async function slices(count: number): Promise<Pair> {
  const own: number[] = []
  const other: number[] = []
  for (let n = 0; n < count; n++) {
    own.push(await slice(subject))
    other.push(await slice(reference))
  }
  return { own: median(own), other: median(other) }
}

const make = SUBJECTS[process.argv[2] ?? '']
if (make === undefined) throw new Error(`no subject ${process.argv[2]}`)
const subject = await make()
const reference = referenceLoop()
await slices(WARM_UP_SLICES)
serve('ready', { pair: () => slices(SLICES) })
