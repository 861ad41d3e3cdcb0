/**
 * `soth-mitm start`, the default command: options from flags and file, an engine, and its life until a signal ends it.
 * Main thread.
 */

import type { Command, CommandContext } from '../arguments/command.ts'
import { parseArguments } from '../arguments/parse-arguments.ts'
import { makeLogger } from '../engine/make-logger.ts'
import type { ServedEngine } from '../engine/served-engine.ts'
import { serve } from './serve.ts'
import { configurationSource, START_FLAGS, startOptions } from './start-options.ts'

export const startCommand: Command = {
  summary: 'serve the proxy (the default)',
  operands: [],
  flags: START_FLAGS,
  run: start,
}

async function start(args: readonly string[], context: CommandContext): Promise<number> {
  const parsed = parseArguments(args, START_FLAGS, [])
  const options = startOptions(parsed)
  const createEngine = await context.loadEngine()
  const logger = makeLogger(options.log_level)
  const source = configurationSource(parsed, options)
  const output = new AbortController()
  const engine: ServedEngine = createEngine(options, {
    log: (level, message) => logger[level](message),
    onOutputGone: () => output.abort(),
    ...(source === undefined ? {} : { reload: () => engine.reloadFile(source) }),
  })
  return serve({ engine, options, logger, source, outputGone: output.signal })
}
