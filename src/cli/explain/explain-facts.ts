/**
 * From the words of an `explain` command line to the facts that policy decides by. Mistakes are a UsageError. Main thread.
 */

import { isIP } from 'node:net'
import { FieldSection } from '../../shared/http/field-section.ts'
import { TOKEN } from '../../shared/http/field-syntax.ts'
import type { ExplainFacts } from '../../shared/policy/explain-policy.ts'
import { type Arguments, singleValue } from '../arguments/parse-arguments.ts'
import { UsageError } from '../arguments/usage-error.ts'

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443, 'ws:': 80, 'wss:': 443 }
/** RFC 6066 §3: a name in ASCII. */
const SERVER_NAME = /^[0-9a-z_.-]{1,253}$/i
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
    sni: isTls
      ? (formOf(parsed, 'sni', SERVER_NAME, 'is no host name', 'write it as in example.com') ?? (isIP(host) === 0 ? host : undefined))
      : undefined,
    ja4: singleValue(parsed, 'ja4'),
    method: formOf(parsed, 'method', TOKEN, 'is no method', 'write it as in GET') ?? 'GET',
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

function formOf(parsed: Arguments, flag: string, form: RegExp, mistake: string, remedy: string): string | undefined {
  const text = singleValue(parsed, flag)
  if (text !== undefined && !form.test(text)) throw new UsageError(`"${text}" ${mistake}`, `--${flag}`, remedy)
  return text
}

function timeOf(text: string | undefined, nowMs: number): number {
  if (text === undefined) return nowMs
  const ms = Date.parse(text)
  if (Number.isNaN(ms) || !isDayOfCalendar(text))
    throw new UsageError(`"${text}" is no time`, '--at', 'write it as in 2026-01-05T09:30:00Z')
  return ms
}

/** JavaScript takes the 30th of February for the 2nd of March. */
function isDayOfCalendar(text: string): boolean {
  const [, month, day] = /^\d{4}-(\d\d)-(\d\d)/.exec(text) ?? []
  if (month === undefined || day === undefined) return true
  const date = new Date(`${text.slice(0, 'YYYY-MM-DD'.length)}T00:00:00Z`)
  return date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day)
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
