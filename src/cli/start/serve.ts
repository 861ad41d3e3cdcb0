/**
 * serve: an engine's life under the process's signals. Resolves to the exit code when it has ended.
 *
 *     SIGTERM, SIGINT   drain within `limits.drain_timeout_ms`, close, exit 0
 *     a second one      exit at once, 128 + signal. Within half a second it is the first one's echo and ignored: Ctrl-C reaches
 *                       the process from the terminal and again from npm, and `timeout` signals process and group
 *     SIGHUP            reload the configuration, and the CA; a bad one is logged, and the running one stays. The events file is opened anew,
 *                       so that a rotated one is let go of; while the engine drains, only that
 *     stdout unread     the reader of `--events -` has gone: as SIGTERM
 *
 * Main thread.
 */

import { once } from 'node:events'
import { constants } from 'node:os'
import { asUserError, UserError } from '../../shared/errors.ts'
import { ConfigError, formatPath, problemPlace } from '../../shared/options/problems/config-error.ts'
import type { EngineOptions } from '../../shared/options/schema.ts'
import type { Logger } from '../engine/make-logger.ts'
import type { ConfigurationSource, ServedEngine } from '../engine/served-engine.ts'
import { EXIT_OK, EXIT_SIGNAL_BASE } from '../exit-codes.ts'
import { readyBanner } from './ready-banner.ts'

const END_DEADLINE_MS = 2_000
const SIGNAL_ECHO_MS = 500

export interface Service {
  readonly engine: ServedEngine
  readonly options: EngineOptions
  readonly logger: Logger
  /** Where the configuration is read anew from; undefined where there is no file to read. */
  readonly source: ConfigurationSource | undefined
  /** Aborted when the reader of standard output has gone. */
  readonly outputGone: AbortSignal
}

export async function serve(service: Service): Promise<number> {
  const { engine, options, logger } = service
  const stopped = stopRequest(service)
  const ready = new AbortController()
  // Before it serves, too: by default a SIGHUP ends the process.
  const endReloads = reloadOnHangup(service, once(ready.signal, 'abort'))
  const addresses = await Promise.race([engine.start(), stopped])
  // Stopped before it served: there is nothing to drain.
  if (typeof addresses === 'string') return end(service)
  ready.abort()
  const banner = options.events.file === '-' ? process.stderr : process.stdout
  banner.write(readyBanner(addresses, options))
  const reason = await stopped
  logger.info({ reason, deadline_ms: options.limits.drain_timeout_ms }, 'draining')
  endReloads()
  await engine.drain(options.limits.drain_timeout_ms)
  return end(service)
}

async function end({ engine, logger }: Service): Promise<number> {
  await engine.close()
  logger.info('stopped')
  endSoon(logger)
  return EXIT_OK
}

/** The process ends by itself, having nothing left to do. Should something be left open after all, it ends all the same. */
function endSoon(logger: Logger): void {
  const forced = (): void => {
    logger.warn('something was left open after close; ending all the same')
    process.exit(EXIT_OK)
  }
  setTimeout(forced, END_DEADLINE_MS).unref()
}

/** Resolves at the first request to stop. From then on, a signal ends the process. */
function stopRequest({ logger, outputGone }: Service): Promise<string> {
  return new Promise((resolve) => {
    let stoppedAt: number | undefined
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stoppedAt !== undefined) {
        if (performance.now() - stoppedAt < SIGNAL_ECHO_MS) return
        logger.warn({ signal }, 'second signal: ending at once')
        process.exit(EXIT_SIGNAL_BASE + constants.signals[signal])
      }
      stoppedAt = performance.now()
      resolve(signal)
    }
    process.on('SIGTERM', onSignal)
    process.on('SIGINT', onSignal)
    const onGone = (): void => {
      stoppedAt = performance.now()
      resolve('nobody reads standard output any more')
    }
    // The events are written by another thread, the banner by this one.
    outputGone.addEventListener('abort', onGone)
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') onGone()
    })
  })
}

/** Returns what ends the reloads. The listener stays for the life of the process: without one a SIGHUP ends it, flows and all. */
function reloadOnHangup(service: Service, ready: Promise<unknown>): () => void {
  // One after another: the file of the last SIGHUP is the one that stays.
  let last = ready
  let isWaiting = false
  let isOver = false
  process.on('SIGHUP', () => {
    service.engine.reopenEvents()
    // One that has yet to begin reads what there is then.
    if (isWaiting || isOver) return
    isWaiting = true
    last = last.then(async () => {
      isWaiting = false
      if (!isOver) await reload(service)
    })
  })
  return () => {
    isOver = true
  }
}

/** Without a file the options stay as they are; the files that they name (the CA's, certificates) are read anew all the same. */
async function reload({ engine, logger, source, options }: Service): Promise<void> {
  try {
    const { rules, logLevel } = await (source === undefined ? engine.reload(options) : engine.reloadFile(source))
    logger.level = logLevel
    logger.info({ rules }, 'configuration reloaded')
  } catch (error) {
    logRefusal(error, logger)
  }
}

function logRefusal(error: unknown, logger: Logger): void {
  const worded = asUserError(error)
  const message = 'configuration not reloaded, the running one stays'
  if (worded instanceof ConfigError) {
    for (const problem of worded.problems) {
      const { line, column, reason, remedy } = problem
      logger.error({ at: problemPlace(problem, worded.file), path: formatPath(problem.path), line, column, reason, remedy }, message)
    }
  } else if (worded instanceof UserError) {
    logger.error({ at: worded.where, reason: worded.what, remedy: worded.remedy }, message)
  } else {
    logger.error({ err: worded }, message)
  }
}
