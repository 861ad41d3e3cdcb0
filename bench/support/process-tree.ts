/**
 * CPU time and memory of a process with all its descendants, from Linux's /proc: for peers that are not Node processes of ours and
 * so cannot be asked. CPU time has the kernel's tick, 10 ms: rounds must be long against it.
 */

import { readdirSync, readFileSync } from 'node:fs'

/** USER_HZ, which Linux has fixed at 100 for all that it shows to users (man 5 proc). */
const TICK_US = 10_000

/** The process itself and whatever descends from it. */
export function processTree(pid: number): number[] {
  const parents = new Map<number, number>()
  for (const name of readdirSync('/proc')) {
    const fields = /^\d+$/.test(name) ? statFields(Number(name)) : undefined
    if (fields !== undefined) parents.set(Number(name), Number(fields[1]))
  }
  const tree = [pid]
  for (const member of tree) for (const [child, parent] of parents) if (parent === member) tree.push(child)
  return tree
}

/** CPU time of all `pids`, with that of their children that have ended, in microseconds. */
export function cpuMicros(pids: readonly number[]): number {
  let ticks = 0
  for (const pid of pids) for (const index of [11, 12, 13, 14]) ticks += Number(statFields(pid)?.[index] ?? 0)
  return ticks * TICK_US
}

/** Fields of /proc/PID/stat from the third on: state, parent, …; [11] to [14] are utime, stime, cutime, cstime. */
function statFields(pid: number): string[] | undefined {
  const text = readProc(pid, 'stat')
  // The second field is the command in parentheses and may itself hold spaces and parentheses.
  return text?.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Octets resident now, or at the peak, summed over `pids`. */
export function memoryBytes(pids: readonly number[], what: 'now' | 'peak'): number {
  const line = what === 'now' ? /^VmRSS:\s+(\d+) kB/m : /^VmHWM:\s+(\d+) kB/m
  return pids.reduce((sum, pid) => sum + Number(line.exec(readProc(pid, 'status') ?? '')?.[1] ?? 0) * 1024, 0)
}

/** Open descriptors of a process; undefined where the system does not tell. */
export function descriptorCount(pid: number): number | undefined {
  try {
    return readdirSync(`/proc/${pid}/fd`).length
  } catch {
    return undefined
  }
}

/** Undefined where the process has ended meanwhile. */
function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return undefined
  }
}
