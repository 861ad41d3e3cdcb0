/**
 * Gates over one hot file each, in a process of its own, relative to a fixed loop of plain JavaScript in the same process: a ratio
 * that neither the machine's speed nor its other work moves much.
 */

import { Child } from '../bench/support/child.ts'
import type { Measure } from './measure.ts'

function micro(subject: string): Measure {
  return {
    start: async () => {
      const { child } = await Child.start('../perf-gates/processes/micro.js', [subject])
      return { pair: (turn) => child.ask<number>('pair', turn), stop: () => child.stop() }
    },
  }
}

export const http1Pair = micro('http1-pair')
export const ringWrite = micro('ring-write')
export const policyDecision = micro('policy-decision')
export const ndjsonLine = micro('ndjson-line')
