/**
 * oneCore: binds this process, and so all that it starts, to a single core.
 *
 * How events are lumped together depends on how many cores are free: with the aggregator on a core of its own it wakes for every few
 * events, on a busy machine for many at once, and the engine's ratio to a relay of one thread moves with that. On one core the
 * schedule is the same on an idle machine with many cores and on a busy one with two.
 */

import { execFileSync } from 'node:child_process'

/** False where the system has no `taskset` or forbids it: ratios are then noisier. */
export function oneCore(): boolean {
  try {
    const allowed = execFileSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' })
    const last = /(\d+)\s*$/.exec(allowed)?.[1]
    if (last === undefined) return false
    execFileSync('taskset', ['-a', '-c', '-p', last, String(process.pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
