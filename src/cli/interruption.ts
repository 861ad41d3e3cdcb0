/**
 * What a command that is interrupted (Ctrl-C, SIGTERM, a terminal that goes) has to put away: files that it made, programs that it started.
 * Without a listener a signal ends the process, and nobody puts away anything. Main thread.
 */

import { constants } from 'node:os'
import { EXIT_SIGNAL_BASE } from './exit-codes.ts'

const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Of this process: signals are. */
const duties = new Set<() => void>()

/** `duty` is called before a signal ends the process. Returns what calls that off, once there is nothing left to put away. */
export function atInterruption(duty: () => void): () => void {
  if (duties.size === 0) for (const signal of ENDING) process.on(signal, end)
  duties.add(duty)
  return () => {
    duties.delete(duty)
    if (duties.size === 0) for (const signal of ENDING) process.off(signal, end)
  }
}

function end(signal: NodeJS.Signals): void {
  for (const duty of duties) duty()
  process.exit(EXIT_SIGNAL_BASE + constants.signals[signal])
}
