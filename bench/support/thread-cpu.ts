/**
 * CPU time of each thread of a process, to the nanosecond, from Linux's /proc/PID/task/TID/schedstat. Threads have names from Node 24 on.
 */

import { readdirSync, readFileSync } from 'node:fs'

export interface ThreadCpu {
  /** Microseconds. */
  readonly main: number
  readonly aggregator: number
  readonly shards: number
  /** V8's and libuv's helpers: compilation, collection, file and name look-ups. */
  readonly helpers: number
}

export function threadCpu(pid: number): ThreadCpu {
  const cpu = { main: 0, aggregator: 0, shards: 0, helpers: 0 }
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    const folder = `/proc/${pid}/task/${id}`
    const micros = Number(readFileSync(`${folder}/schedstat`, 'utf8').split(' ')[0]) / 1_000
    const name = readFileSync(`${folder}/comm`, 'utf8').trim()
    if (id === String(pid)) cpu.main += micros
    else if (name === 'soth-aggregator') cpu.aggregator += micros
    else if (name === 'WorkerThread') cpu.shards += micros
    else cpu.helpers += micros
  }
  return cpu
}

export function cpuBetween(before: ThreadCpu, after: ThreadCpu): ThreadCpu {
  return {
    main: after.main - before.main,
    aggregator: after.aggregator - before.aggregator,
    shards: after.shards - before.shards,
    helpers: after.helpers - before.helpers,
  }
}
