/**
 * What the schema cannot say: addresses that must parse, patterns that must be well formed.
 *
 * Collects every problem, so that one run of `soth-mitm check` shows them all. No thread of its own.
 */

import { isIPv4 } from 'node:net'
import { loadClientIdentity } from '../client-identity.ts'
import { parseHostPattern } from '../policy/host-pattern.ts'
import { parseIpPrefix } from '../policy/ip-prefix.ts'
import { checkRule } from './check-rule.ts'
import { checkTls } from './check-tls.ts'
import { ConfigError, type ConfigProblem, type OptionPath } from './config-error.ts'
import { parseListenAddress } from './listen-address.ts'
import type { EngineOptions } from './schema.ts'

/** Operators stop reading long before; a file of 100,000 wrong rules must not make 100,000 objects. */
const MAX_PROBLEMS = 100

export function checkMeaning(options: EngineOptions): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const note = (path: OptionPath, error: ConfigError): void => {
    if (problems.length < MAX_PROBLEMS) problems.push({ ...error.problems[0], path })
  }
  const attempt = (path: OptionPath, value: string, parse: (value: string) => unknown): void => {
    if (problems.length >= MAX_PROBLEMS) return
    try {
      parse(value)
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      note(path, error)
    }
  }
  if (typeof options.listen === 'string') attempt(['listen'], options.listen, parseListenAddress)
  else
    options.listen.forEach((text, n) => {
      attempt(['listen', n], text, parseListenAddress)
    })
  if (options.admin !== false) attempt(['admin'], options.admin, parseListenAddress)
  if (options.feed.enabled && options.admin === false) {
    attempt(['feed', 'enabled'], '', () => {
      throw ConfigError.of('the feed is served by the admin server, and there is none', 'set admin to host:port, or leave the feed off')
    })
  }
  if (options.sidecar.listen !== undefined) attempt(['sidecar', 'listen'], options.sidecar.listen, localAddress)
  options.ignore_hosts.forEach((text, n) => {
    attempt(['ignore_hosts', n], text, parseHostPattern)
  })
  options.learning.exclude_hosts.forEach((text, n) => {
    attempt(['learning', 'exclude_hosts', n], text, parseHostPattern)
  })
  options.learning.bypasses.forEach(({ client, host }, n) => {
    attempt(['learning', 'bypasses', n, 'client'], client, oneAddress)
    attempt(['learning', 'bypasses', n, 'host'], host, exactHost)
  })
  if (options.learning.threshold > options.learning.window) {
    attempt(['learning', 'threshold'], String(options.learning.threshold), (threshold) => {
      throw ConfigError.of(
        `${threshold} failures never fit among ${options.learning.window} outcomes`,
        'lower it, or raise learning.window',
      )
    })
  }
  for (const side of ['client', 'upstream'] as const) {
    checkTls(options.tls[side], (option, check) => attempt(['tls', side, option], '', check))
  }
  options.upstream.client_certificates.forEach((entry, n) => {
    const path = ['upstream', 'client_certificates', n]
    attempt([...path, entry.pkcs12 === undefined ? 'cert' : 'pkcs12'], '', () => loadClientIdentity(entry, Date.now()))
    entry.host.forEach((text, at) => {
      attempt([...path, 'host', at], text, parseHostPattern)
    })
  })
  checkRules(options.rules, ['rules'], note)
  checkRules(options.shadow?.rules ?? [], ['shadow', 'rules'], note)
  options.shadow?.ignore_hosts?.forEach((text, n) => {
    attempt(['shadow', 'ignore_hosts', n], text, parseHostPattern)
  })
  if (options.shadow !== undefined && options.shadow_policy !== undefined) {
    attempt(['shadow_policy'], '', () => {
      throw ConfigError.of('stands beside shadow', 'give one of the two')
    })
  }
  return problems
}

/** One closure for all rules: 100,000 are usual. */
function checkRules(rules: EngineOptions['rules'], at: OptionPath, note: (path: OptionPath, error: ConfigError) => void): void {
  let number = 0
  const report = (path: OptionPath, error: ConfigError) => note([...at, number, ...path], error)
  for (const rule of rules) {
    checkRule(rule, report)
    number++
  }
}

/** The sidecar asks nobody who they are: what is not of this machine must not reach it. */
function localAddress(text: string): void {
  const address = parseListenAddress(text)
  if (address.kind === 'unix') return
  const { host } = address
  if (host === 'localhost' || host === '::1' || (host?.startsWith('127.') === true && isIPv4(host))) return
  throw ConfigError.of(`"${text}" is not of loopback`, 'write unix:/path or 127.0.0.1:port')
}

function oneAddress(text: string): void {
  if (text.includes('/')) throw ConfigError.of(`"${text}" is a block of addresses`, 'write one address; rules match blocks')
  parseIpPrefix(text)
}

/** A bypass is for one host: patterns belong into ignore_hosts. */
function exactHost(text: string): void {
  const pattern = parseHostPattern(text)
  const isOne = pattern.kind === 'exact' || (pattern.kind === 'prefix' && !text.includes('/'))
  if (!isOne) throw ConfigError.of(`"${text}" stands for more than one host`, 'write one host here, and patterns in ignore_hosts')
}
