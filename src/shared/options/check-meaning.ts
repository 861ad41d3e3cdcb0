/**
 * What the schema cannot say: addresses that must parse, patterns that must be well formed.
 *
 * Collects every problem, so that one run of `soth-mitm check` shows them all. No thread of its own.
 */

import { isIPv4 } from 'node:net'
import { loadClientIdentity } from '../client-identity.ts'
import { TRUST_FILE_LIMIT_BYTES } from '../limits/certificates.ts'
import { CONFIG_PROBLEMS } from '../limits/configuration.ts'
import { parseHostPattern } from '../policy/hosts/host-pattern.ts'
import { parseIpPrefix } from '../policy/hosts/ip-prefix.ts'
import { checkRule } from './check-rule.ts'
import { checkTls } from './check-tls.ts'
import { parseListenAddress } from './listen-address.ts'
import { readNamedFile } from './named-file.ts'
import { ConfigError, type ConfigProblem, type OptionPath } from './problems/config-error.ts'
import { checkEach, checkOne, type Report } from './problems/problem-report.ts'
import type { EngineOptions } from './schema.ts'
import type { TlsChoice } from './tls-schema.ts'

export function checkMeaning(options: EngineOptions): ConfigProblem[] {
  const problems: ConfigProblem[] = []
  const report: Report = (path, error) => {
    // One more than is told shows that there are more.
    if (problems.length <= CONFIG_PROBLEMS) problems.push({ ...error.problems[0], path })
  }
  checkAddresses(options, report)
  options.proxy_auth?.users.forEach(({ name }, at) => {
    checkOne(report, ['proxy_auth', 'users', at, 'name'], name, userName)
  })
  checkEach(report, ['ignore_hosts'], options.ignore_hosts, parseHostPattern)
  checkLearning(options.learning, report)
  for (const side of ['client', 'upstream'] as const) checkTls(options.tls[side], (path, error) => report(['tls', side, ...path], error))
  if (options.upstream.extra_ca_file !== undefined)
    checkOne(report, ['upstream', 'extra_ca_file'], options.upstream.extra_ca_file, rootsFile)
  checkClientCertificates(options.upstream.client_certificates, report)
  checkRules(options.rules, options.tls.upstream, ['rules'], report)
  checkShadow(options, report)
  return problems
}

function checkAddresses({ listen, admin, feed, sidecar }: EngineOptions, report: Report): void {
  checkEach(report, ['listen'], listen, parseListenAddress)
  // YAML 1.2 has no other booleans than true and false, and `--admin off` is what the flag takes.
  if (admin === 'off') report(['admin'], ConfigError.of('"off" is no address', 'write false for none, or host:port'))
  else if (admin !== false) checkOne(report, ['admin'], admin, tcpAddress)
  else if (feed.enabled) {
    const reason = 'the feed is served by the admin server, and there is none'
    report(['feed', 'enabled'], ConfigError.of(reason, 'set admin to host:port, or leave the feed off'))
  }
  if (sidecar.listen !== undefined) checkOne(report, ['sidecar', 'listen'], sidecar.listen, localAddress)
}

function checkLearning({ exclude_hosts: excluded, bypasses, threshold, window }: EngineOptions['learning'], report: Report): void {
  checkEach(report, ['learning', 'exclude_hosts'], excluded, parseHostPattern)
  bypasses.forEach(({ client, host }, at) => {
    checkOne(report, ['learning', 'bypasses', at, 'client'], client, oneAddress)
    checkOne(report, ['learning', 'bypasses', at, 'host'], host, exactHost)
  })
  if (threshold > window) {
    const reason = `${threshold} failures never fit among ${window} outcomes`
    report(['learning', 'threshold'], ConfigError.of(reason, 'lower it, or raise learning.window'))
  }
}

function checkClientCertificates(entries: EngineOptions['upstream']['client_certificates'], report: Report): void {
  entries.forEach((entry, at) => {
    const path = ['upstream', 'client_certificates', at]
    const nowMs = Date.now()
    checkOne(report, [...path, entry.pkcs12 === undefined ? 'cert' : 'pkcs12'], entry, () => loadClientIdentity(entry, nowMs))
    checkEach(report, [...path, 'host'], entry.host, parseHostPattern)
  })
}

/** Whether there are roots to be read; which of them are fit is told where they are (`workers/tls/verification/trust-anchors.ts`). */
function rootsFile(file: string): void {
  if (!readNamedFile(file, TRUST_FILE_LIMIT_BYTES).includes('-----BEGIN CERTIFICATE-----'))
    throw ConfigError.of(`${file} holds no certificate in PEM`, 'give a file with BEGIN CERTIFICATE blocks')
}

function checkShadow({ shadow, shadow_policy: policyFile, tls }: EngineOptions, report: Report): void {
  if (shadow === undefined) return
  checkRules(shadow.rules, tls.upstream, ['shadow', 'rules'], report)
  checkEach(report, ['shadow', 'ignore_hosts'], shadow.ignore_hosts, parseHostPattern)
  if (policyFile !== undefined) report(['shadow_policy'], ConfigError.of('stands beside shadow', 'give one of the two'))
}

/** One closure for all rules: 100,000 are usual. */
function checkRules(rules: EngineOptions['rules'], upstreamTls: TlsChoice, at: OptionPath, report: Report): void {
  let number = 0
  const ofRule: Report = (path, error) => report([...at, number, ...path], error)
  for (const rule of rules) {
    checkRule(rule, upstreamTls, ofRule)
    number++
  }
}

/** The admin server and its guard against rebound names are about hosts and ports. */
function tcpAddress(text: string): void {
  if (parseListenAddress(text).kind === 'unix') throw ConfigError.of(`"${text}" is a Unix socket`, 'write host:port')
}

/** RFC 7617 §2: the first colon ends the name. */
function userName(name: string): void {
  if (name.includes(':')) throw ConfigError.of('has a colon, behind which clients send the password', 'choose a name without')
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
