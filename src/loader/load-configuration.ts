/**
 * loadConfiguration: options or a file → a Configuration, without the calling thread standing still for it. Main thread.
 *
 *     few rules      checked and compiled here: a millisecond
 *     a file, many   in a thread of its own (`loader-thread.ts`). Rules given in code go over in slices, because cloning 100,000 of
 *                    them at once would hold the loop for a tenth of a second
 */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { UserError } from '../shared/errors.ts'
import { parseOptions } from '../shared/options/parse-options.ts'
import type { EngineOptionsInput } from '../shared/options/schema.ts'
import { type Configuration, configurationOf } from './configuration.ts'
import { type ConfigurationFile, errorOf, type LoadAnswer, type LoadRequest } from './loader-protocol.ts'

/** Rules that are checked and compiled on the spot: 500 take 3 ms. */
const FEW_RULES = 500
/** Rules that go over at once: cloning them takes half a millisecond. */
const SLICE = 500

export async function loadConfiguration(input: EngineOptionsInput): Promise<Configuration> {
  const isSmall = [input.rules, input.shadow?.rules].every((rules) => !Array.isArray(rules) || rules.length <= FEW_RULES)
  if (isSmall && input.shadow_policy === undefined) return configurationOf(parseOptions(input))
  const { rules = [], ...options } = input
  return inThread(async (post) => {
    post({ kind: 'options', options })
    for (let at = 0; at < rules.length; at += SLICE) {
      post({ kind: 'rules', rules: rules.slice(at, at + SLICE) })
      await nextTurn()
    }
    post({ kind: 'end' })
  })
}

export async function loadConfigurationFile(source: ConfigurationFile): Promise<Configuration> {
  if (typeof source?.file !== 'string') throw new TypeError('name the configuration file: { file: PATH }')
  return inThread(async (post) => post({ kind: 'file', source }))
}

async function inThread(ask: (post: (request: LoadRequest) => void) => Promise<void>): Promise<Configuration> {
  const thread = new Worker(new URL('./loader-thread.js', import.meta.url))
  try {
    const answered = answerOf(thread)
    await Promise.race([ask((request) => post(thread, request)), answered])
    const answer = await answered
    if (answer.kind !== 'loaded') throw errorOf(answer)
    return answer.configuration
  } finally {
    await thread.terminate()
  }
}

function post(thread: Worker, request: LoadRequest): void {
  try {
    thread.postMessage(request)
  } catch (error) {
    throw new UserError(`an option is no plain value (${(error as Error).message})`, 'reload', 'give texts, numbers, lists and maps only')
  }
}

function answerOf(thread: Worker): Promise<LoadAnswer> {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve)
    thread.once('error', reject)
    thread.once('exit', () => reject(new Error('the loader ended without an answer')))
  })
}
