/**
 * Gates over one hot file each, in a process of its own, relative to a fixed loop of plain JavaScript in the same process: a ratio
 * that neither the machine's speed nor its other work moves much. Each pair has a fresh process: within one, the ratio stands still to
 * 1 %, but how code is compiled and where memory lies differ from process to process by 10 %.
 */

import { Child } from '../bench/support/child.ts'
import type { Measure, Pair } from './measure.ts'

function micro(subject: string): Measure {
  return {
    start: async () => ({ pair: () => onePair(subject), stop: async () => {} }),
  }
}

async function onePair(subject: string): Promise<Pair> {
  const { child } = await Child.start('../perf-gates/processes/micro.js', [subject])
  try {
    return await child.ask<Pair>('pair')
  } finally {
    await child.stop()
  }
}

export const http1Pair = micro('http1-pair')
export const ringWrite = micro('ring-write')
export const policyDecision = micro('policy-decision')
export const ndjsonLine = micro('ndjson-line')
