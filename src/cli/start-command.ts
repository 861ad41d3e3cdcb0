/**
 * `soth-mitm start`, the default command: options from flags and file, an engine, and its life until a signal ends it.
 * Main thread.
 */

import type { Command, CommandContext } from './command.ts'
import { makeLogger } from './make-logger.ts'
import { parseArguments } from './parse-arguments.ts'
import { serve } from './serve.ts'
import type { ServedEngine } from './served-engine.ts'
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
