/**
 * From the words of an `explain` command line to the facts that policy decides by. Mistakes are a UsageError. Main thread.
 */

import { isIP } from 'node:net'
import { FieldSection } from '../../shared/http/field-section.ts'
import type { ExplainFacts } from '../../shared/policy/explain-policy.ts'
import { type Arguments, singleValue } from '../parse-arguments.ts'
import { UsageError } from '../usage-error.ts'

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 }
const FIELD_LINE = /^([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*(.*?)[ \t]*$/

export function explainFacts(parsed: Arguments, nowMs: number): ExplainFacts {
  const url = urlOf(parsed.operands[0] ?? '')
  const isTls = url.protocol === 'https:' || url.protocol === 'wss:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const lines = [...(parsed.flags.get('header') ?? [])]
  if (url.protocol.startsWith('ws')) lines.push('Upgrade: websocket')
  if (!parsed.flags.has('http2') && !lines.some((line) => /^host:/i.test(line))) lines.push(`Host: ${url.host}`)
  return {
    host,
    port: url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port),
    client: addressOf(singleValue(parsed, 'client')),
    user: singleValue(parsed, 'user'),
    process: singleValue(parsed, 'process'),
    nowMs: timeOf(singleValue(parsed, 'at'), nowMs),
    isTls,
    sni: isTls ? (singleValue(parsed, 'sni') ?? (isIP(host) === 0 ? host : undefined)) : undefined,
    ja4: singleValue(parsed, 'ja4'),
    method: singleValue(parsed, 'method') ?? 'GET',
    path: `${url.pathname}${url.search}`,
    transport: parsed.flags.has('http2') ? 'http2' : 'http1',
    authority: parsed.flags.has('http2') ? url.host : undefined,
    fields: sectionOf(lines),
  }
}

function urlOf(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || DEFAULT_PORTS[url.protocol] === undefined || url.hostname === '')
    throw new UsageError('is no URL', text, 'write it as in https://example.com/path')
  return url
}

function addressOf(text = '127.0.0.1'): string {
  if (isIP(text) === 0) throw new UsageError(`"${text}" is no IP address`, '--client', 'write it as in 192.0.2.1 or 2001:db8::1')
  return text
}

function timeOf(text: string | undefined, nowMs: number): number {
  if (text === undefined) return nowMs
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new UsageError(`"${text}" is no time`, '--at', 'write it as in 2026-01-05T09:30:00Z')
  return ms
}

function sectionOf(lines: readonly string[]): FieldSection {
  const parts = lines.map((line) => {
    const [, name, value] = FIELD_LINE.exec(line) ?? []
    if (name === undefined || value === undefined)
      throw new UsageError(`"${line}" is no field line`, '--header', "write it as in 'Accept: text/html'")
    return { name, value }
  })
  const section = new FieldSection()
  section.reset(Buffer.from(parts.map(({ name, value }) => `${name}: ${value}\r\n`).join(''), 'latin1'), 0)
  for (const { name, value } of parts) {
    const valueStart = section.end + name.length + 2
    section.add(section.end, section.end + name.length, valueStart, valueStart + value.length)
    section.end = valueStart + value.length + 2
  }
  return section
}
