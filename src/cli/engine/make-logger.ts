/**
 * The log of the command line: to standard error, because `--events -` has standard output. Human on a terminal, JSON otherwise.
 * Main thread.
 */

import pino from 'pino'
import pretty from 'pino-pretty'
import type { EngineOptions } from '../../shared/options/schema.ts'

const STDERR = 2

export type Logger = pino.Logger

export function makeLogger(level: EngineOptions['log_level']): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime }
  // Synchronous: the last words before an exit must get out.
  if (process.stderr.isTTY)
    return pino(
      options,
      pretty({ destination: STDERR, sync: true, colorize: process.env['NO_COLOR'] === undefined, translateTime: 'SYS:HH:MM:ss.l' }),
    )
  return pino(options, pino.destination({ dest: STDERR, sync: true }))
}
