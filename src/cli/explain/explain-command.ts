/**
 * `soth-mitm explain URL`: which rule decides at each phase of a connection, and why the ones before it do not. Main thread.
 */

import { ACTIONS } from '../../shared/events/schema.ts'
import { loadConfigFile } from '../../shared/options/document/load-config-file.ts'
import { explainPolicy } from '../../shared/policy/explain-policy.ts'
import type { Command } from '../arguments/command.ts'
import { type FlagSpecs, parseArguments, singleValue } from '../arguments/parse-arguments.ts'
import { UsageError } from '../arguments/usage-error.ts'
import { EXIT_FAILED, EXIT_OK } from '../exit-codes.ts'
import { explainFacts } from './explain-facts.ts'
import { explanationText } from './explanation-text.ts'

export const EXPLAIN_FLAGS = {
  config: { value: 'FILE', doc: 'the configuration whose policy is asked', short: 'c' },
  client: { value: 'IP', doc: 'address of the client (default 127.0.0.1)' },
  user: { value: 'NAME', doc: 'user of the client, where it is on the proxy’s machine' },
  process: { value: 'NAME', doc: 'program of the client, where it is on the proxy’s machine' },
  sni: { value: 'NAME', doc: 'name in the ClientHello (default: the host of the URL)' },
  ja4: { value: 'FINGERPRINT', doc: 'JA4 of the ClientHello' },
  method: { value: 'METHOD', doc: 'method of the request (default GET)' },
  header: { value: 'LINE', doc: "field of the request, as in 'Accept: text/html'; may be repeated" },
  http2: { doc: 'the request comes over HTTP/2' },
  at: { value: 'TIME', doc: 'when, as in 2026-01-05T09:30:00Z (default: now)' },
  expect: { value: 'ACTION', doc: 'exit with 1 unless this is what comes of it: intercept, tunnel or block' },
  json: { doc: 'print the explanation as one JSON object' },
  help: { doc: 'show this help', short: 'h' },
} as const satisfies FlagSpecs

const SHADOW_NOTE = '\nmode is shadow: this is told, and nothing is altered\n'

export const explainCommand: Command = {
  summary: 'which rule decides about a request, and why',
  operands: ['URL'],
  flags: EXPLAIN_FLAGS,
  run: explain,
}

async function explain(args: readonly string[]): Promise<number> {
  const parsed = parseArguments(args, EXPLAIN_FLAGS, ['URL'])
  const file = singleValue(parsed, 'config')
  if (file === undefined) throw new UsageError('is missing', '--config', 'name the configuration: --config FILE')
  const expected = singleValue(parsed, 'expect')
  if (expected !== undefined && !ACTIONS.some((action) => action === expected))
    throw new UsageError(`"${expected}" is no action`, '--expect', `write one of ${ACTIONS.join(', ')}`)
  const facts = explainFacts(parsed, Date.now())
  const options = loadConfigFile(file)
  const phases = explainPolicy(options, facts)
  const last = phases.at(-1)
  const url = parsed.operands[0] ?? ''
  const result = { url, action: last?.action, rule: last?.rule, phase: last?.phase, mode: options.mode, phases }
  const text = `${explanationText(phases, facts)}${options.mode === 'shadow' ? SHADOW_NOTE : ''}`
  process.stdout.write(parsed.flags.has('json') ? `${JSON.stringify(result)}\n` : text)
  return expected === undefined || expected === last?.action ? EXIT_OK : EXIT_FAILED
}
