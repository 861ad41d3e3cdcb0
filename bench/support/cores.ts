/**
 * Which cores a process runs on.
 *
 * How events are lumped together depends on how many cores are free: with the aggregator on a core of its own it wakes for every few
 * events, on a busy machine for many at once, and the engine's ratio to a relay of one thread moves with that. On one core the
 * schedule is the same on an idle machine with many cores and on a busy one with two.
 */

import { execFileSync } from 'node:child_process'

/** The cores that this process may use; none where the system has no `taskset`. */
export function allowedCores(): number[] {
  try {
    const list =
      execFileSync('taskset', ['-c', '-p', String(process.pid)], { encoding: 'utf8' })
        .split(':')
        .at(-1) ?? ''
    return list.split(',').flatMap((part) => {
      const [first = 0, last = first] = part.split('-').map(Number)
      return Array.from({ length: last - first + 1 }, (_, n) => first + n)
    })
  } catch {
    return []
  }
}

/** Binds all threads of process `pid`, and what they will start, to `cores`. False where the system forbids it. */
export function bindTo(cores: readonly number[], pid: number): boolean {
  try {
    execFileSync('taskset', ['-a', '-c', '-p', cores.join(), String(pid)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** Binds this process, and so all that it starts, to a single core. False where that is not possible: ratios are then noisier. */
export function oneCore(): boolean {
  const last = allowedCores().at(-1)
  return last !== undefined && bindTo([last], process.pid)
}
