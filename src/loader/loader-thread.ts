/**
 * The loader's thread: reads, checks and compiles one configuration, answers, and ends. Worker thread of its own, so that neither the
 * acceptor nor a shard stands still meanwhile: 100,000 rules take 0.6 s.
 */

import { constants, setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { invariant } from '../shared/assert.ts'
import { asUserError } from '../shared/errors.ts'
import { loadConfigFile } from '../shared/options/document/load-config-file.ts'
import { parseOptions } from '../shared/options/parse-options.ts'
import type { EngineOptions } from '../shared/options/schema.ts'
import { configurationOf } from './configuration.ts'
import { type ConfigurationFile, failureOf, type LoadAnswer, type LoadRequest } from './loader-protocol.ts'

invariant(parentPort !== null, 'the loader runs in a thread')
// On Linux a priority is a thread's own: where cores are short, those who serve go first. Elsewhere it would be the whole process's.
if (process.platform === 'linux') setPriority(constants.priority.PRIORITY_BELOW_NORMAL)

const port = parentPort
const rules: unknown[] = []
let given: unknown

port.on('message', (request: LoadRequest) => {
  switch (request.kind) {
    case 'file':
      answer(() => loadFile(request.source))
      return
    case 'options':
      given = request.options
      return
    case 'rules':
      rules.push(...request.rules)
      return
    case 'end':
      answer(() => parseOptions({ ...(given as object), rules }))
      return
  }
})

function loadFile({ file, overrides, firstRules = [] }: ConfigurationFile): EngineOptions {
  const options = loadConfigFile(file, overrides, 'mistake')
  return firstRules.length === 0 ? options : parseOptions({ ...options, rules: [...firstRules, ...options.rules] })
}

function answer(load: () => EngineOptions): void {
  port.postMessage(outcomeOf(load))
  port.close()
}

function outcomeOf(load: () => EngineOptions): LoadAnswer {
  try {
    return { kind: 'loaded', configuration: configurationOf(load()) }
  } catch (error) {
    return failureOf(asUserError(error))
  }
}
